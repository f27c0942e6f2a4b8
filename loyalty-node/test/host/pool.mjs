// Files, names and the thread pool while eight fits run.

import { pbkdf2 } from 'node:crypto'
import dns from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { KMeans } from 'loyalty'
import { customers, endless } from './data.mjs'

const controller = new AbortController()
let settled = 0
const fits = Array.from({ length: 8 }, () =>
  KMeans.fit(customers(20_000), { ...endless, signal: controller.signal }).catch(() => settled++),
)
const start = performance.now()
for (let i = 0; i < 10; i++) {
  await Promise.all([
    readFile(fileURLToPath(import.meta.url)),
    dns.lookup('127.0.0.1'),
    dns.lookup('localhost'),
    promisify(pbkdf2)('password', 'salt', 1, 8, 'sha1'),
  ])
}
const took = performance.now() - start
const before = settled
controller.abort()
await Promise.all(fits)
console.log(JSON.stringify({ took, before, settled }))
