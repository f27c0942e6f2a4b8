// Customers made up from a seed, and fits that last.

/** `rows` customers of `cols` numbers from 0 to 1. */
export const customers = (rows, cols = 3, seed = 1) => {
  const data = new Float64Array(rows * cols)
  let state = seed
  for (let i = 0; i < data.length; i++) {
    state = (state * 48271) % 2147483647
    data[i] = state / 2147483647
  }
  return { data, rows, cols }
}

/** Options of a fit that takes minutes, if nobody stops it. */
export const endless = { nClusters: 64, nInit: 1000, maxIter: 1000, tol: 0 }

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
