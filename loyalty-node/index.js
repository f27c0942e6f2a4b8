'use strict'

// The package: the native part with what is better done on this side of the border.

const native = require('./binary.js')

// Fitted models never change, so what a getter has made once, often a copy of many numbers, is kept; and they show it.
const inspect = Symbol.for('nodejs.util.inspect.custom')
for (const exported of Object.values(native)) {
  if (typeof exported !== 'function' || exported.prototype === undefined) continue
  const shown = []
  for (const [name, { get, ...rest }] of Object.entries(Object.getOwnPropertyDescriptors(exported.prototype))) {
    if (get === undefined) continue
    shown.push(name)
    Object.defineProperty(exported.prototype, name, {
      __proto__: null,
      ...rest,
      get() {
        const value = get.call(this)
        if (Array.isArray(value)) Object.freeze(value)
        // Not on a frozen model.
        Reflect.defineProperty(this, name, { __proto__: null, value, enumerable: true })
        return value
      },
    })
  }
  if (shown.length === 0) continue
  Object.defineProperty(exported.prototype, inspect, {
    __proto__: null,
    value(depth, options, inspect) {
      if (depth < 0 || !(this instanceof exported)) return `[${exported.name}]`
      return `${exported.name} ${inspect(Object.fromEntries(shown.map((name) => [name, this[name]])), options)}`
    },
  })
}

require('./scorecard.js')(native.Scorecard)

// Folds are iterated split by split.
native.Folds.prototype[Symbol.iterator] = function* () {
  for (let index = 0; index < this.nSplits; index++) yield this.split(index)
}

module.exports = require('./native.js')
