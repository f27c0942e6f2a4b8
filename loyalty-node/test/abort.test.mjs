// AbortSignal and onProgress.

import assert from 'node:assert/strict'
import { getEventListeners, setMaxListeners } from 'node:events'
import { describe, it } from 'node:test'
import { KMeans } from 'loyalty'
import { customers, endless, sleep } from './host/data.mjs'
import { run } from './host/run.mjs'

const four = [[1, 20], [2, 22], [9, 70], [8, 74]]
const inertiaOfFour = 11
const large = customers(200_000)

/** What a promise that should be rejected was rejected with, which may be anything. */
const rejection = (promise) =>
  promise.then(
    () => assert.fail('fulfilled'),
    (reason) => reason,
  )

const assertCancelled = (error, reason) => {
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'AbortError')
  assert.equal(error.code, 'CANCELLED')
  assert.equal(error.cause, reason)
}

describe('a signal', () => {
  it('aborted before the call rejects', async () => {
    for (const reason of [new Error('mine'), 'a text', 5, null, Symbol('s')]) {
      const signal = AbortSignal.abort(reason)
      assertCancelled(await rejection(KMeans.fit(large, { ...endless, signal })), reason)
      assert.equal(getEventListeners(signal, 'abort').length, 0)
    }
    const signal = AbortSignal.abort()
    const error = await rejection(KMeans.fit(large, { ...endless, signal }))
    assertCancelled(error, signal.reason)
    assert.equal(error.cause.name, 'AbortError')
  })

  it('aborted at any moment stops the fit within 50 ms', async () => {
    const took = []
    for (const [i, moment] of customers(20, 1, 11).data.entries()) {
      const controller = new AbortController()
      const reason = { moment }
      const options = { ...endless, nClusters: 8 << i % 6, ...(i % 2 && { nThreads: 1 }) }
      const fit = rejection(KMeans.fit(large, { ...options, signal: controller.signal }))
      await sleep(moment * 250)
      const start = performance.now()
      controller.abort(reason)
      assertCancelled(await fit, reason)
      took.push(performance.now() - start)
    }
    took.sort((a, b) => a - b)
    const [median, most] = [took[10], took[19]].map((time) => `${time.toFixed(1)} ms`)
    console.log(`from abort() to the rejection: median ${median}, at the most ${most}`)
    // One in twenty may meet a machine that is busy with something else.
    assert.ok(took[18] < 50 && took[19] < 250, `${took}`)
    assert.equal((await KMeans.fit(four, { nClusters: 2 })).inertia, inertiaOfFour)
  })

  it('aborted in the turn of the call stops it too', async () => {
    const controller = new AbortController()
    const fit = rejection(KMeans.fit(large, { ...endless, signal: controller.signal }))
    controller.abort('at once')
    assertCancelled(await fit, 'at once')
  })

  it('of one fit leaves others alone', async () => {
    const [stopped, other] = [new AbortController(), new AbortController()]
    const long = rejection(KMeans.fit(large, { ...endless, signal: stopped.signal }))
    const fit = KMeans.fit(customers(2_000), { nClusters: 4, signal: other.signal })
    stopped.abort()
    assert.equal((await long).code, 'CANCELLED')
    assert.equal((await fit).toJSON(), KMeans.fitSync(customers(2_000), { nClusters: 4 }).toJSON())
  })

  it('of many fits stops all', async () => {
    const controller = new AbortController()
    // As of every API of Node, more than ten at a time earn a warning otherwise.
    setMaxListeners(64, controller.signal)
    const x = customers(5_000)
    const options = { ...endless, nThreads: 1, signal: controller.signal }
    const fits = Array.from({ length: 64 }, () => rejection(KMeans.fit(x, options)))
    assert.equal(getEventListeners(controller.signal, 'abort').length, 64)
    await sleep(50)
    controller.abort('all')
    for (const error of await Promise.all(fits)) assertCancelled(error, 'all')
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  })

  it('may be a timeout, or any of several', async () => {
    const timeout = await rejection(KMeans.fit(large, { ...endless, signal: AbortSignal.timeout(20) }))
    assert.equal(timeout.code, 'CANCELLED')
    assert.equal(timeout.cause.name, 'TimeoutError')
    const controller = new AbortController()
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(100_000)])
    const fit = rejection(KMeans.fit(large, { ...endless, signal }))
    setTimeout(() => controller.abort('the first'), 20)
    assertCancelled(await fit, 'the first')
  })

  it('that lives long gathers no listeners', async () => {
    const { signal } = new AbortController()
    const listeners = () => getEventListeners(signal, 'abort').length
    const refused = { code: 'TOO_FEW_ROWS' }
    for (let i = 0; i < 100; i++) {
      const fit = KMeans.fit(four, { nClusters: 2, signal })
      assert.equal(listeners(), 1)
      await fit
      assert.equal(listeners(), 0)
      await assert.rejects(KMeans.fit(four, { nClusters: 5, signal }), refused)
      await assert.rejects(KMeans.fit(four, { nClusters: -1, signal }), { argument: 'nClusters' })
      await assert.rejects(KMeans.fit(four, { signal, onProgress: 1 }), { argument: 'onProgress' })
      const thrower = () => {
        throw new RangeError('of the listener')
      }
      await assert.rejects(KMeans.fit(four, { nClusters: 2, signal, onProgress: thrower }), RangeError)
      assert.equal(listeners(), 0)
    }
  })

  it('aborted after the fit changes nothing', async () => {
    const controller = new AbortController()
    const model = await KMeans.fit(four, { nClusters: 2, signal: controller.signal })
    controller.abort()
    assert.equal(model.inertia, inertiaOfFour)
  })

  it('that is none is refused', async () => {
    const noRemoval = { aborted: false, addEventListener() {} }
    for (const signal of [null, 1, 'abort', {}, [], new AbortController(), new EventTarget(), noRemoval]) {
      await assert.rejects(KMeans.fit(four, { signal }), {
        name: 'TypeError',
        code: 'INVALID_TYPE',
        argument: 'signal',
        message: /an AbortSignal/,
      })
    }
    const { signal } = new AbortController()
    assert.throws(() => KMeans.fitSync(four, { nClusters: 2, signal }), { code: 'INVALID_TYPE', argument: 'signal' })
    assert.equal((await KMeans.fit(four, { nClusters: 2, signal: undefined })).inertia, inertiaOfFour)
  })

  it("of the caller's own making may throw", async () => {
    const signal = (parts) => ({ aborted: false, addEventListener() {}, removeEventListener() {}, ...parts })
    for (const thrown of [new Error('of the signal'), Symbol('of the signal')]) {
      const throws = () => {
        throw thrown
      }
      const refused = await rejection(KMeans.fit(four, { signal: signal({ addEventListener: throws }) }))
      assert.equal(refused, thrown)
      const fitted = await KMeans.fit(four, { nClusters: 2, signal: signal({ removeEventListener: throws }) })
      assert.equal(fitted.inertia, inertiaOfFour)
    }
    const unreadable = Object.defineProperty(signal(), 'reason', {
      get() {
        throw new Error('no reason')
      },
    })
    assert.equal((await KMeans.fit(four, { nClusters: 2, signal: unreadable })).inertia, inertiaOfFour)
  })
})

describe('onProgress', () => {
  it('reports while the fit runs, and not after', async () => {
    const controller = new AbortController()
    const [reports, times] = [[], []]
    const onProgress = (...args) => {
      reports.push(args)
      times.push(performance.now())
    }
    const options = { nClusters: 8, nInit: 20, maxIter: 40, tol: 0, onProgress, signal: controller.signal }
    await KMeans.fit(customers(100_000), options)
    const heard = reports.length
    assert.ok(heard >= 5, `${heard} reports`)
    assert.ok(heard <= 1 + (times.at(-1) - times[0]) / 20, 'more often than every 25 ms')
    for (const args of reports) {
      assert.equal(args.length, 1)
      const [{ stage, iteration, total }] = args
      assert.match(stage, /^kmeans/)
      assert.ok(Number.isInteger(iteration) && iteration >= 0)
      assert.ok(total === undefined || (Number.isInteger(total) && total >= iteration))
    }
    await sleep(100)
    assert.equal(reports.length, heard)
  })

  it('is not called once the promise is settled', async () => {
    for (let i = 0; i < 200; i++) {
      let [settled, late] = [false, false]
      const controller = new AbortController()
      const onProgress = () => (late ||= settled)
      const fit = KMeans.fit(customers(300), { nClusters: 3, onProgress, signal: controller.signal })
      if (i % 2) setImmediate(() => controller.abort())
      await fit.catch(() => {})
      settled = true
      await new Promise(setImmediate)
      await new Promise(setImmediate)
      assert.equal(late, false)
    }
  })

  it('that throws stops the fit, which rejects with what it threw', async () => {
    for (const thrown of [new Error('mine'), Object.freeze({}), 'a text', 0, null, undefined, Symbol('s')]) {
      const start = performance.now()
      const onProgress = () => {
        throw thrown
      }
      assert.equal(await rejection(KMeans.fit(large, { ...endless, onProgress })), thrown)
      assert.ok(performance.now() - start < 5_000)
    }
  })

  it('that throws is no uncaught exception, and a fit that nobody awaits is an unhandled rejection', async () => {
    const { code, stdout, stderr } = await run('thrower.mjs')
    assert.deepEqual({ code, stdout: JSON.parse(stdout), stderr }, {
      code: 0,
      stdout: { uncaught: [], unhandled: ['not awaited'], rejected: ['awaited'] },
      stderr: '',
    })
  })

  it('may abort the fit it hears of', async () => {
    const controller = new AbortController()
    const onProgress = () => controller.abort('from the listener')
    const error = await rejection(KMeans.fit(large, { ...endless, onProgress, signal: controller.signal }))
    assertCancelled(error, 'from the listener')
  })

  it('may call the package', async () => {
    const inner = []
    const controller = new AbortController()
    const onProgress = () => {
      assert.equal(KMeans.fitSync(four, { nClusters: 2 }).inertia, inertiaOfFour)
      inner.push(KMeans.fit(four, { nClusters: 2, onProgress() {} }))
      if (inner.length === 5) controller.abort()
    }
    const fit = KMeans.fit(large, { ...endless, onProgress, signal: controller.signal })
    assert.equal((await rejection(fit)).code, 'CANCELLED')
    assert.equal(inner.length, 5)
    for (const model of await Promise.all(inner)) assert.equal(model.inertia, inertiaOfFour)
  })

  it('that is no function is refused', async () => {
    for (const onProgress of [null, 1, 'f', {}, []]) {
      const wrong = { name: 'TypeError', code: 'INVALID_TYPE', argument: 'onProgress' }
      await assert.rejects(KMeans.fit(four, { onProgress }), wrong)
    }
    assert.throws(() => KMeans.fitSync(four, { onProgress() {} }), { argument: 'onProgress' })
  })
})
