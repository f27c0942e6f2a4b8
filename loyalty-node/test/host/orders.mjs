// An order log made up from a seed: customers who buy at different rates and, one after the other, stop.

import { customers } from './data.mjs'

const day = 86_400_000
const start = Date.UTC(2024, 0, 1)

/** `rows` orders of customers with about so many orders each over two years, in columns; times are milliseconds. */
export const orders = (rows, seed = 1, each = 10) => {
  const { data } = customers(rows, 3, seed)
  const n = Math.max(1, Math.floor(rows / each))
  const log = { customer: new Int32Array(rows), time: new Float64Array(rows), amount: new Float64Array(rows) }
  for (let row = 0; row < rows; row++) {
    const [who, when, what] = data.subarray(3 * row, 3 * row + 3)
    const customer = Math.floor(n * who * who)
    const lifetime = 60 + ((customer * 7919) % 671)
    log.customer[row] = customer
    log.time[row] = start + Math.floor(when * lifetime) * day
    log.amount[row] = Math.round(100 * (5 + (customer % 50) + 20 * what)) / 100
  }
  return log
}

/** The log as newline-delimited JSON. */
export const lines = ({ customer, time, amount }) => {
  const parts = []
  for (let row = 0; row < customer.length; row++) {
    parts.push(`{"customer":"c${customer[row]}","time":${time[row]},"amount":${amount[row]}}\n`)
  }
  return parts.join('')
}
