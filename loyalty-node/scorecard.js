'use strict'

// One customer costs more on the way to the core and back than there. So the properties are read and written here, and
// numbers alone cross the border.

/** Makes `scoreCustomer` take and give objects. */
module.exports = function (Scorecard) {
  const { scoreCustomer } = Scorecard.prototype
  const scores = new Float64Array(12)

  Scorecard.prototype.scoreCustomer = function (customer) {
    const { recencyDays, nPurchases, totalAmount, tenureDays, usage, feedback } = customer ?? {}
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
}
