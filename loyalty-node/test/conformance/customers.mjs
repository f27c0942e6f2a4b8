// `customers`: columns in, one row per customer out.

import { Accumulator, summarize } from 'loyalty'

export function call(name, of) {
  const log = { customer: of.input.customer, time: of.times('time'), amount: of.vector('amount') }
  if (of.input.order !== undefined) log.order = of.input.order
  const { asOf, ...options } = of.options
  if (asOf !== undefined) options.asOf = BigInt(asOf)
  if (name === 'summarize') {
    const rows = summarize(log, options)
    const [firstTime, lastTime] = [rows.firstTime, rows.lastTime].map((times) => Array.from(times, micros))
    return { ...rows, firstTime, lastTime, asOf: micros(rows.asOf) }
  }

  const taken = new Accumulator(options)
  taken.update(log)
  const moment = (time) => BigInt(of.input[time])
  switch (name) {
    case 'next_purchase': {
      const { customers, nextPurchase } = taken.nextPurchase(moment('after'))
      const times = Array.from(nextPurchase, (time) => (Number.isNaN(time) ? null : micros(time)))
      return { ids: customers.ids, nextPurchase: times }
    }
    case 'purchase_totals': {
      const { customers, purchaseTotal } = taken.purchaseTotals(moment('from'), moment('to'))
      return { ids: customers.ids, purchaseTotals: purchaseTotal }
    }
  }
}

/** Microseconds of milliseconds with their fraction; whole milliseconds apart, as their thousandfold may be no float. */
function micros(millis) {
  const whole = Math.trunc(millis)
  return BigInt(whole) * 1000n + BigInt(Math.round((millis - whole) * 1000))
}
