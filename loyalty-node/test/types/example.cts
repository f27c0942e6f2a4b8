// What must compile: the package in a CommonJS module, required and imported.

import { readFileSync } from 'node:fs'
import loyalty = require('loyalty')
import { KMeans, Scorecard, clv, summarize } from 'loyalty'
import type { Customers, KMeansOptions, LoyaltyError } from 'loyalty'

const options: KMeansOptions = { nClusters: 5, seed: 7 }
const fitted: Promise<KMeans> = loyalty.KMeans.fit([[1, 2]], options)
const same: typeof loyalty.KMeans = KMeans
const card: loyalty.Scorecard = Scorecard.fromJSON(readFileSync('card.json'))
const rows: Customers = summarize({ customer: ['ann'], time: [new Date()], amount: [1] })
const value: number = loyalty.metrics.accuracy([1], [1]) + clv.historic(50, 4, 3)
const code = (error: unknown) => (error as LoyaltyError).code
const kept: loyalty.Matrix = { data: rows.recencyDays, rows: rows.recencyDays.length, cols: 1 }

export { card, code, fitted, kept, same, value }
