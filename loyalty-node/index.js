'use strict'

// The package: the native part with what is better done on this side of the border.

const native = require('./binary.js')

// Fitted models never change, so what a getter has made once, often a copy of many numbers, is kept.
for (const exported of Object.values(native)) {
  if (typeof exported !== 'function' || exported.prototype === undefined) continue
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(exported.prototype))) {
    if (descriptor.get === undefined) continue
    Object.defineProperty(exported.prototype, name, {
      ...descriptor,
      get() {
        const value = descriptor.get.call(this)
        if (Array.isArray(value)) Object.freeze(value)
        Object.defineProperty(this, name, { value, enumerable: true })
        return value
      },
    })
  }
}

require('./scorecard.js')(native.Scorecard)

// Folds are iterated split by split.
native.Folds.prototype[Symbol.iterator] = function* () {
  for (let index = 0; index < this.nSplits; index++) yield this.split(index)
}

module.exports = require('./native.js')
