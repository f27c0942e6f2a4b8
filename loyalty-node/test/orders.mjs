// The order log that is in the repository, by columns.

import { readFileSync } from 'node:fs'
import { REPOSITORY } from './repository.mjs'

/** The CDNOW sample: 6,919 orders of 2,357 customers. */
export function cdnow() {
  const text = readFileSync(new URL('loyalty-core/examples/data/cdnow_sample.csv', REPOSITORY), 'utf8')
  const rows = text.trim().split('\n').slice(1).map((line) => line.trim().split(','))
  return {
    customer: rows.map(([customer]) => customer),
    time: rows.map(([, day]) => Date.parse(`${day}T00:00:00Z`)),
    amount: rows.map((row) => Number(row.at(-1))),
  }
}
