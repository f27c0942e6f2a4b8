// The example of the README prints what stands below it.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { REPOSITORY } from './repository.mjs'

test('the README tells what its example does', () => {
  const section = readFileSync(new URL('README.md', REPOSITORY), 'utf8').split(/^## /m).find((part) => part.startsWith('From Node'))
  const [code, printed] = ['js', 'text'].map((kind) => section.match(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\``, 'ms'))[1])
  // Here, so that it finds the package; run where it says, so that it finds the orders.
  const example = fileURLToPath(new URL('readme-example.mjs', import.meta.url))
  writeFileSync(example, code)
  try {
    const output = execFileSync(process.execPath, [example], { cwd: new URL('loyalty-node/', REPOSITORY), encoding: 'utf8' })
    assert.equal(output, printed)
  } finally {
    rmSync(example)
  }
})
