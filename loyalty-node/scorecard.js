'use strict'

// One customer costs more on the way to the core and back than there. So the properties are read and written here, and
// numbers alone cross the border.

const NAMES = {
  segment: 'segmentNames',
  tier: 'tierNames',
  risk: 'riskNames',
  cluster: 'clusterNames',
  action: 'actionNames',
}

/** Columns of places among a scorecard's names, as columns of names: each is made when it is first read. */
function named(card, scores) {
  for (const [column, names] of Object.entries(NAMES)) {
    const places = scores[column]
    // On frozen scores it stays as it is.
    const define = (rest) =>
      Reflect.defineProperty(scores, column, { __proto__: null, enumerable: true, configurable: true, ...rest })
    define({
      get() {
        const value = Array.from(places, (place) => card[names][place])
        define({ value, writable: true })
        return value
      },
      set: (value) => define({ value, writable: true }),
    })
  }
  const shown = { value: (depth, options, inspect) => inspect({ ...scores }, options) }
  return Object.defineProperty(scores, Symbol.for('nodejs.util.inspect.custom'), { __proto__: null, ...shown })
}

/** Makes `scoreCustomer` take and give objects, and the others give names. */
module.exports = function (Scorecard) {
  const { score, scoreAsync, scoreCustomer } = Scorecard.prototype
  const scores = new Float64Array(12)

  Scorecard.prototype.scoreCustomer = function (customer) {
    // Of what is no object, the method that takes it as it is says what is wrong.
    if (customer === null || typeof customer !== 'object') return this.loyaltyContributions(customer)
    const { recencyDays, nPurchases, totalAmount, tenureDays, usage, feedback } = customer
    scoreCustomer.call(this, recencyDays, nPurchases, totalAmount, tenureDays, usage, feedback, scores)
    return {
      r: scores[0],
      f: scores[1],
      m: scores[2],
      rfmScore: scores[3],
      segment: this.segmentNames[scores[4]],
      loyalty: scores[5],
      tier: this.tierNames[scores[6]],
      churnProbability: scores[7],
      risk: this.riskNames[scores[8]],
      cluster: this.clusterNames[scores[9]],
      clv: scores[10],
      action: this.actionNames[scores[11]],
    }
  }

  Scorecard.prototype.score = function (log, options) {
    return named(this, score.call(this, log, options))
  }

  Scorecard.prototype.scoreAsync = async function (log, options) {
    return named(this, await scoreAsync.call(this, log, options))
  }
}
