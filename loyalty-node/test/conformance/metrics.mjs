// `metrics`: truth and predictions in, figures out.

import { metrics } from 'loyalty'
import { camelCase } from './cases.mjs'

export function call(name, of) {
  const figure = metrics[camelCase(name)]
  const { nRows, testShare, nSplits, nBins, ...options } = of.options
  switch (name) {
    case 'davies_bouldin':
    case 'calinski_harabasz':
    case 'silhouette':
      return { value: figure(of.matrix('x'), of.input.labels) }
    case 'silhouette_samples':
      return { values: figure(of.matrix('x'), of.input.labels) }
    case 'train_test_split': {
      const { train, test } = figure(nRows, testShare, { stratify: of.input.stratify, ...options })
      return { train: sizes(of, train), test: sizes(of, test) }
    }
    case 'k_folds': {
      const folds = figure(nRows, nSplits, { stratify: of.input.stratify, ...options })
      return { test: Array.from(folds, ({ test }) => sizes(of, test)) }
    }
  }

  const second = of.input.predicted ?? of.vector('score') ?? of.vector('probability')
  const weight = of.vector('sample_weight')
  if (weight) options.sampleWeight = weight
  const found = figure(of.input.truth, second, ...(nBins === undefined ? [] : [nBins]), options)
  if (typeof found === 'number') return { value: found }
  return Array.isArray(found) ? { bins: found } : found
}

/** How many of these rows are of each class, by ascending label. */
function sizes(of, rows) {
  const { stratify } = of.input
  if (!stratify) return [rows.length]
  const labels = [...new Set(stratify)].sort((a, b) => a - b)
  return labels.map((label) => rows.filter((row) => stratify[row] === label).length)
}
