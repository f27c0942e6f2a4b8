// `scaling`: columns in, scaled columns out and back.

import { MinMaxScaler, StandardScaler } from 'loyalty'

/** Fits to `x`, then transforms `rows` (else `x`) and back. */
export async function call(name, of, fit) {
  const Scaler = { standard_scaler: StandardScaler, min_max_scaler: MinMaxScaler }[name]
  const options = { ...of.options, sampleWeight: of.vector('sample_weight') }
  const scaler = await fit(Scaler, of.matrix('x'), options)
  const transformed = scaler.transform(of.matrix(of.input.rows ? 'rows' : 'x'))
  const { mean, scale, dataMin, dataMax, constantColumns } = scaler
  return { mean, scale, dataMin, dataMax, constantColumns, transformed, inverse: scaler.inverseTransform(transformed) }
}
