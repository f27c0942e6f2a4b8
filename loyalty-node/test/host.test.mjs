// The package in a process that has other things to do: no panic ends it, no fit holds it up, no input is read late.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, it } from 'node:test'
import vm from 'node:vm'
import loyalty, { KMeans } from 'loyalty'
import { customers } from './host/data.mjs'
import { run } from './host/run.mjs'

const four = [[1, 20], [2, 22], [9, 70], [8, 74]]
// By hand: centroids (1.5, 21) and (8.5, 72), 2·(0.25 + 1) + 2·(0.25 + 4) = 11.
const inertiaOfFour = 11

const thousandCalls = async () => {
  for (let i = 0; i < 900; i++) assert.equal(KMeans.fitSync(four, { nClusters: 2 }).inertia, inertiaOfFour)
  const fits = Array.from({ length: 100 }, () => KMeans.fit(four, { nClusters: 2 }))
  for (const model of await Promise.all(fits)) assert.equal(model.inertia, inertiaOfFour)
}

describe('a panic', () => {
  const internal = { name: 'Error', code: 'INTERNAL', message: /provoked by a test/ }

  it('of a call is an error, and a thousand calls follow', async () => {
    assert.throws(() => loyalty.__panic(), internal)
    await thousandCalls()
  })

  it('of a task rejects, and a thousand calls follow', async () => {
    await assert.rejects(loyalty.__panicLater(), internal)
    await thousandCalls()
  })

  it('of a task lets go of its signal', async () => {
    const { signal } = new AbortController()
    const panics = Array.from({ length: 5 }, () => loyalty.__panicLater({ signal, onProgress() {} }))
    assert.equal(getEventListeners(signal, 'abort').length, 5)
    for (const outcome of await Promise.allSettled(panics)) assert.equal(outcome.reason.code, 'INTERNAL')
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})

describe('a fit leaves the event loop alone', () => {
  it('while it runs', async () => {
    const x = customers(1_000_000)
    const called = performance.now()
    // One thread is left to the loop: what is measured is whether it waits, not whether the machine is full.
    const nThreads = Math.max(1, availableParallelism() - 1)
    const fit = KMeans.fit(x, { nClusters: 8, nInit: 3, maxIter: 20, tol: 0, nThreads, onProgress() {} })
    const copying = performance.now() - called
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    const model = await fit
    delay.disable()
    const [p99, most] = [delay.percentile(99), delay.max].map((time) => (time / 1e6 - 5).toFixed(1))
    console.log(
      `a fit of 1e6 rows for ${Math.round(performance.now() - called)} ms: ${copying.toFixed(1)} ms for its copy, ` +
        `delay of the loop p99 ${p99} ms, max ${most} ms`,
    )
    assert.equal(model.labels.length, 1_000_000)
    assert.ok(copying < 200)
    assert.ok(delay.max / 1e6 < 105, 'the loop waited for 100 ms')
  })

  for (const size of [1, 4]) {
    it(`and libuv's pool of ${size}, though eight run`, async () => {
      const { code, stdout } = await run('pool.mjs', { env: { UV_THREADPOOL_SIZE: String(size) } })
      assert.equal(code, 0)
      const { took, before, settled } = JSON.parse(stdout)
      assert.equal(before, 0, 'a fit had ended before')
      assert.equal(settled, 8)
      assert.ok(took < 5_000, `${took} ms`)
    })
  }
})

describe('a fit reads its inputs before the call returns', () => {
  const x = customers(5_000)
  const weights = customers(5_000, 1, 9).data
  const options = { nClusters: 6, seed: 3 }
  const json = KMeans.fitSync(x, { ...options, sampleWeight: weights }).toJSON()
  const copy = () => ({ x: { ...x, data: x.data.slice() }, sampleWeight: weights.slice() })

  it('so that they may be overwritten', async () => {
    const given = copy()
    const fit = KMeans.fit(given.x, { ...options, sampleWeight: given.sampleWeight })
    given.x.data.fill(NaN)
    given.sampleWeight.fill(-1)
    assert.equal((await fit).toJSON(), json)
  })

  it('so that their memory may be given away', async () => {
    const given = copy()
    const fit = KMeans.fit(given.x, { ...options, sampleWeight: given.sampleWeight })
    structuredClone(0, { transfer: [given.x.data.buffer, given.sampleWeight.buffer] })
    assert.equal(given.x.data.length, 0)
    assert.equal((await fit).toJSON(), json)
  })

  it('from shared memory and from arrays', async () => {
    const shared = new Float64Array(new SharedArrayBuffer(x.data.byteLength))
    shared.set(x.data)
    const rows = Array.from({ length: x.rows }, (_, row) => [...x.data.subarray(row * 3, row * 3 + 3)])
    const sampleWeight = [...weights]
    const fits = [
      KMeans.fit({ ...x, data: shared }, { ...options, sampleWeight }),
      KMeans.fit(rows, { ...options, sampleWeight }),
    ]
    shared.fill(NaN)
    rows.forEach((row) => row.fill(NaN))
    rows.length = 0
    sampleWeight.fill(-1)
    for (const model of await Promise.all(fits)) assert.equal(model.toJSON(), json)
  })

  it('and what a getter changes, it changes before', async () => {
    const data = new Float64Array([1, 20, 2, 22, 9, 70, 8, 74])
    const x = {
      data,
      get rows() {
        structuredClone(0, { transfer: [data.buffer] })
        return 4
      },
      cols: 2,
    }
    const wrong = { name: 'TypeError', code: 'INVALID_TYPE', argument: 'x.data' }
    await assert.rejects(KMeans.fit(x, { nClusters: 2 }), wrong)
    assert.throws(() => KMeans.fitSync(x, { nClusters: 2 }), wrong)
  })

  it('from a buffer that shrinks', () => {
    const buffer = new ArrayBuffer(64, { maxByteLength: 128 })
    const [growing, fixed] = [new Float64Array(buffer), new Float64Array(buffer, 0, 8)]
    growing.set(four.flat())
    const fit = (data, cols = 2) => KMeans.fitSync({ data, rows: 4, cols }, { nClusters: 2 })
    assert.equal(fit(growing).inertia, inertiaOfFour)
    assert.equal(fit(fixed).inertia, inertiaOfFour)
    buffer.resize(32)
    for (const data of [growing, fixed]) assert.throws(() => fit(data), { code: 'SHAPE_MISMATCH' })
    assert.equal(fit(growing, 1).inertia, 2.5)
  })
})

describe('code of the caller', () => {
  it('may call the package from a getter of the options', async () => {
    const inner = []
    const options = {
      nClusters: 2,
      get seed() {
        inner.push(KMeans.fit(four, { nClusters: 2 }))
        return KMeans.fitSync(four, { nClusters: 2 }).nUsedClusters
      },
    }
    assert.equal((await KMeans.fit(four, options)).inertia, inertiaOfFour)
    assert.equal(KMeans.fitSync(four, options).inertia, inertiaOfFour)
    for (const model of await Promise.all(inner)) assert.equal(model.inertia, inertiaOfFour)
  })

  it('may throw from a getter', async () => {
    for (const thrown of [new Error('from a getter'), new TypeError('of another kind')]) {
      const broken = {
        get nClusters() {
          throw thrown
        },
      }
      const matrix = {
        get data() {
          throw thrown
        },
        rows: 4,
        cols: 2,
      }
      const is = (error) => error === thrown
      assert.throws(() => KMeans.fitSync(four, broken), is)
      assert.throws(() => KMeans.fitSync(matrix), is)
      // In a function of its own, as an error thrown at once would be none of the promise's.
      const promises = [KMeans.fit(four, broken), KMeans.fit(matrix)]
      for (const promise of promises) await assert.rejects(promise, is)
    }
    assert.equal(KMeans.fitSync(four, { nClusters: 2 }).inertia, inertiaOfFour)
  })

  it('may come from another context', async () => {
    const other = vm.createContext()
    const of = (code) => vm.runInContext(code, other)
    const matrices = [
      of('[[1, 20], [2, 22], [9, 70], [8, 74]]'),
      of('[[1, 20], [2, 22], [9, 70], [8, 74]].map((row) => new Float32Array(row))'),
      of('({ data: new Float64Array([1, 20, 2, 22, 9, 70, 8, 74]), rows: 4, cols: 2 })'),
    ]
    for (const x of matrices) {
      const reports = of('[]')
      const options = Object.assign(of('({ nClusters: 2, featureNames: ["a", "b"] })'), {
        onProgress: vm.runInContext('(reports) => (progress) => reports.push(progress)', other)(reports),
      })
      const model = await KMeans.fit(x, options)
      assert.equal(model.inertia, inertiaOfFour)
      assert.deepEqual(model.featureNames, ['a', 'b'])
      assert.ok(reports.length > 0)
    }
    other.KMeans = KMeans
    const refused = of('KMeans.fit([[1, 20], [2, 22]], { nClusters: 3 })')
    await assert.rejects(refused, { code: 'TOO_FEW_ROWS' })
  })

  it('may clone what it gets', () => {
    const model = KMeans.fitSync(four, { nClusters: 2 })
    assert.deepEqual(structuredClone(model.centroids), model.centroids)
    assert.deepEqual(structuredClone(model.labels), model.labels)
    const error = structuredClone(
      (() => {
        try {
          KMeans.fitSync(four, { nClusters: 9 })
        } catch (error) {
          return error
        }
      })(),
    )
    assert.equal(error.name, 'RangeError')
  })
})

describe('the process', () => {
  it('may load the package twice', async () => {
    const { code, stderr } = await run('twice.cjs')
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  })

  it('exits during a fit at once, with code 0', async () => {
    const moments = customers(14, 1, 3).data
    const runs = [...moments].map((moment) => ['timer', Math.round(moment * 150)])
    const hows = [...runs, ...Array.from({ length: 4 }, () => ['listener']), ['workers', 5], ['workers', 30]]
    const ends = []
    for (const args of hows) {
      const { ended, ...outcome } = await run('exit.mjs', { args })
      assert.deepEqual({ args, ...outcome }, { args, code: 0, signal: null, stdout: 'exits\n', stderr: '' })
      ends.push(ended)
    }
    console.log(`from process.exit() to the end of the process: ${Math.round(Math.max(...ends))} ms at the most`)
    assert.ok(Math.max(...ends) < 200, `${ends}`)
  })

  for (const how of ['nothing', 'control']) {
    it(`ends only when its fit has (${how === 'nothing' ? 'without' : 'with'} a signal and a listener)`, async () => {
      const { code, stdout, stderr } = await run('end.mjs', { args: [how] })
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '30\n', stderr: '' })
    })
  }
})
