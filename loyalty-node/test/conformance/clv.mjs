// `clv`: revenue, margins and counts in, values out.

import { clv } from 'loyalty'
import { camelCase, number } from './cases.mjs'

/** One number for all, or a list or matrix of them; 0 if it is not given. */
function given(of, name) {
  const value = of.input[name] ?? 0
  if (!Array.isArray(value)) return number(value)
  return value.some(Array.isArray) ? of.matrix(name) : of.vector(name)
}

function options({ options: { timing, horizon, ...others } }) {
  if (timing !== undefined) others.timing = timing.offset ?? timing
  if (horizon !== undefined) others.horizon = horizon === 'infinite' ? Infinity : horizon.finite
  return others
}

export function call(name, of) {
  const acquisitionCost = given(of, 'acquisition_cost')
  switch (name) {
    case 'discounted':
    case 'undiscounted':
      return { values: clv[name](of.matrix('revenue'), { cost: given(of, 'cost'), acquisitionCost, ...options(of) }) }
    case 'historic': {
      const names = ['average_order_value', 'purchases_per_period', 'lifespan_periods']
      return { values: clv.historic(...names.map((column) => of.vector(column))) }
    }
    case 'lifespan':
      return { values: clv.lifespan(of.vector('churn_rate')) }
    case 'retention': {
      const rate = given(of, 'retention_rate')
      return { values: clv.retention(of.vector('margin'), rate, { acquisitionCost, ...options(of) }) }
    }
    case 'retention_rate': {
      const names = ['customers_at_start', 'customers_at_end', 'new_customers']
      return { value: clv[camelCase(name)](...names.map((count) => of.input[count])) }
    }
  }
}
