// examples/server.mjs: what it answers, what it refuses, and what a fit does to those who wait for scores.

import autocannon from 'autocannon'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Scorecard } from 'loyalty'
import { sleep } from './host/data.mjs'
import { lines, orders } from './host/orders.mjs'

const [json, ndjson] = ['application/json', 'application/x-ndjson']
const customer = { recencyDays: 12, nPurchases: 8, totalAmount: 530.5, tenureDays: 400 }
const log = orders(2_000)

let folder, cardPath, card

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loyalty-'))
  cardPath = join(folder, 'card.json')
  card = await Scorecard.fit(log, { horizonDays: 90, seed: 3 })
  await writeFile(cardPath, card.toJSON())
})

after(() => rm(folder, { recursive: true }))

/** The server as a process of its own, and a way to ask it. */
const start = async (...flags) => {
  const path = fileURLToPath(new URL('../examples/server.mjs', import.meta.url))
  // glibc would keep large blocks that are free, more or fewer of them, and so hide what is held.
  const env = { ...process.env, PORT: '0', MALLOC_MMAP_THRESHOLD_: '65536' }
  const child = spawn(process.execPath, [...flags, path, cardPath], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (text) => (stderr += text))
  const url = await new Promise((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(String(text).trim()))
    child.once('exit', () => reject(new Error(stderr)))
  })
  const agent = new Agent({ keepAlive: true })
  const ask = (method, path, body, type = json) =>
    new Promise((resolve, reject) => {
      const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
      const headers = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }
      const request = httpRequest(url + path, { method, agent, headers }, async (response) => {
        let text = ''
        try {
          for await (const chunk of response.setEncoding('utf8')) text += chunk
        } catch (error) {
          return reject(error)
        }
        const { statusCode: status, headers } = response
        resolve({ status, headers, body: headers['content-type'] === json ? JSON.parse(text) : text })
      })
      request.on('error', reject)
      request.end(text)
    })
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal, stderr })))
  const stop = () => {
    child.kill('SIGTERM')
    return exited
  }
  servers.push(child)
  return { url, ask, stop, child }
}

// Those of failed tests.
const servers = []
after(() => servers.forEach((child) => child.kill('SIGKILL')))

/** The job once it is no longer at work. */
const settled = async (ask, id) => {
  for (;;) {
    const { body } = await ask('GET', `/fit/${id}`)
    if (body.status !== 'running') return body
    await sleep(20)
  }
}

describe('the example server', () => {
  let server, ask
  before(async () => ({ ask } = server = await start()))
  after(async () => assert.deepEqual(await server.stop(), { code: 0, signal: null, stderr: '' }))

  const refused = async (answer, status, code, argument) => {
    const { status: found, body } = await answer
    assert.equal(found, status)
    assert.equal(body.error.code, code)
    assert.equal(body.error.argument, argument)
    assert.equal(typeof body.error.message, 'string')
    return body.error
  }

  it('scores a customer, and an array of them', async () => {
    const one = await ask('POST', '/score', customer)
    assert.equal(one.status, 200)
    assert.deepEqual(one.body, card.scoreCustomer(customer))
    const other = { ...customer, recencyDays: 200, nPurchases: 1 }
    const two = await ask('POST', '/score', [customer, other])
    assert.deepEqual(two.body, [card.scoreCustomer(customer), card.scoreCustomer(other)])
    assert.deepEqual((await ask('POST', '/score', [])).body, [])
    assert.equal((await ask('POST', '/score', customer, 'Application/JSON; charset=utf-8')).status, 200)
  })

  it('scores lines, and says of each what is wrong with it', async () => {
    const right = JSON.stringify(customer)
    const text = [right, '{', '', '{}', `"${'x'.repeat(20_000)}"`, right].join('\n')
    const { status, headers, body } = await ask('POST', '/score', text, ndjson)
    assert.deepEqual([status, headers['content-type']], [200, ndjson])
    const answers = body.trimEnd().split('\n').map((line) => JSON.parse(line))
    assert.deepEqual([answers[0], answers[4]], [card.scoreCustomer(customer), card.scoreCustomer(customer)])
    const codes = answers.slice(1, 4).map(({ error }) => error.code)
    assert.deepEqual(codes, ['INVALID_JSON', 'INVALID_TYPE', 'TOO_LARGE'])
    assert.equal(answers[2].error.argument, 'recencyDays')
  })

  it('scores as many lines as the client reads, and no more', async () => {
    const line = `${JSON.stringify(customer)}\n`
    const count = 200_000
    const before = (await ask('GET', '/health')).body.rss
    let [sent, received, atPause] = [0, 0, 0]
    await new Promise((resolve, reject) => {
      const request = httpRequest(`${server.url}/score`, { method: 'POST', headers: { 'content-type': ndjson } })
      const send = () => {
        while (sent < count) {
          sent += 100
          if (!request.write(line.repeat(100))) return request.once('drain', send)
        }
        request.end()
      }
      request.on('error', reject)
      request.on('response', async (response) => {
        // As long as nothing is read, the server takes no more than buffers hold.
        await sleep(300)
        atPause = sent
        for await (const chunk of response) for (const byte of chunk) received += byte === 10
        resolve()
      })
      send()
    })
    assert.equal(received, count)
    assert.ok(atPause < count / 2, `${atPause} lines were taken though none of their scores was read`)
    const grown = (await ask('GET', '/health')).body.rss - before
    assert.ok(grown < 100 * 2 ** 20, `${grown} bytes`)
  })

  it('refuses what is wrong', async () => {
    await refused(ask('POST', '/score', '{'), 400, 'INVALID_JSON')
    await refused(ask('POST', '/score', ''), 400, 'INVALID_JSON')
    await refused(ask('POST', '/score', '1'), 400, 'INVALID_TYPE', 'customer')
    await refused(ask('POST', '/score', { ...customer, nPurchases: 'many' }), 400, 'INVALID_TYPE', 'nPurchases')
    await refused(ask('POST', '/score', { ...customer, recencyDays: -1 }), 400, 'INVALID_PARAMETER', 'recencyDays')
    const { row } = await refused(ask('POST', '/score', [customer, null]), 400, 'INVALID_TYPE', 'customer')
    assert.equal(row, 1)
    await refused(ask('POST', '/score', customer, 'text/plain'), 415, 'UNSUPPORTED_TYPE')
    await refused(ask('POST', '/score', Array(1001).fill(customer)), 413, 'TOO_LARGE')
    await refused(ask('POST', '/score', ' '.repeat(2 ** 20 + 1)), 413, 'TOO_LARGE')
    await refused(ask('GET', '/nothing'), 404, 'NOT_FOUND')
    await refused(ask('GET', '/fit/unknown'), 404, 'NOT_FOUND')
    const wrong = await ask('GET', '/score')
    assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'POST'])
    assert.equal((await ask('POST', '/score', customer)).status, 200)
  })

  it('fits in the background, from lines, rows or columns alike', async () => {
    const small = orders(1_500, 4)
    const { customer: ids, time, amount } = small
    // The server numbers customers as they come; another order of theirs would be another order of sums.
    const numbers = new Map()
    for (const id of ids) if (!numbers.has(id)) numbers.set(id, numbers.size)
    const numbered = { ...small, customer: ids.map((id) => numbers.get(id)) }
    const expected = (await Scorecard.fit(numbered, { horizonDays: 60, seed: 5 })).scoreCustomer(customer)
    const rows = Array.from(ids, (id, row) => ({ customer: id, time: time[row], amount: amount[row] }))
    const columns = { customer: [...ids], time: [...time], amount: [...amount] }
    rows[0].time = new Date(rows[0].time).toISOString()
    for (const [body, type] of [[lines(small), ndjson], [rows, json], [columns, json]]) {
      const accepted = await ask('POST', '/fit?horizonDays=60&seed=5', body, type)
      assert.equal(accepted.status, 202)
      const { id, orders: count } = accepted.body
      assert.deepEqual([accepted.headers.location, count], [`/fit/${id}`, 1_500])
      const job = await settled(ask, id)
      assert.equal(job.status, 'done')
      assert.deepEqual((await ask('POST', '/score', customer)).body, expected)
    }
  })

  it('refuses orders that are wrong, and says why a fit failed', async () => {
    const order = { customer: 'a', time: '2024-01-01', amount: 5 }
    await refused(ask('POST', '/fit', [{ ...order, customer: null }]), 400, 'INVALID_VALUE', 'customer')
    await refused(ask('POST', '/fit', [{ ...order, time: 'soon' }]), 400, 'INVALID_VALUE', 'time')
    await refused(ask('POST', '/fit', [order, { ...order, amount: '5' }]), 400, 'INVALID_VALUE', 'amount')
    const uneven = { customer: ['a', 'b'], time: [1], amount: [5, 5] }
    await refused(ask('POST', '/fit', uneven), 400, 'INVALID_VALUE', 'time')
    const nulls = { customer: ['a'], time: null, amount: null }
    await refused(ask('POST', '/fit', nulls), 400, 'INVALID_VALUE', 'time')
    await refused(ask('POST', '/fit', [null]), 400, 'INVALID_VALUE', 'customer')
    await refused(ask('POST', '/fit', `${JSON.stringify(order)}\n{`, ndjson), 400, 'INVALID_JSON')
    await refused(ask('POST', '/fit', '', 'text/csv'), 415, 'UNSUPPORTED_TYPE')
    for (const [query, code, argument] of [
      ['', 'TOO_FEW_ROWS'],
      ['?horizonDays=-1', 'INVALID_PARAMETER', 'horizonDays'],
      ['?horizon=1', 'INVALID_PARAMETER', 'horizon'],
    ]) {
      const { status, body } = await ask('POST', `/fit${query}`, [order])
      assert.equal(status, 202)
      const job = await settled(ask, body.id)
      assert.equal(job.status, 'failed')
      assert.equal(job.error.code, code)
      if (argument) assert.equal(job.error.argument, argument)
    }
    assert.equal((await ask('POST', '/score', customer)).status, 200)
  })

  it('fits one log at a time, which can be cancelled', async () => {
    const { body: job } = await ask('POST', '/fit?nThreads=1', lines(orders(300_000)), ndjson)
    await refused(ask('POST', '/fit', []), 409, 'BUSY')
    while (!(await ask('GET', `/fit/${job.id}`)).body.progress) await sleep(5)
    const { body: running } = await ask('GET', `/fit/${job.id}`)
    assert.equal(running.status, 'running')
    assert.equal(typeof running.progress.stage, 'string')
    assert.equal((await ask('DELETE', `/fit/${job.id}`)).status, 200)
    assert.equal((await settled(ask, job.id)).status, 'cancelled')
    const next = await ask('POST', '/fit', lines(log), ndjson)
    assert.equal(next.status, 202)
    assert.equal((await settled(ask, next.body.id)).status, 'done')
  })

  it('forgets a log whose sender goes away', async () => {
    await new Promise((resolve) => {
      const request = httpRequest(`${server.url}/fit`, { method: 'POST', headers: { 'content-type': ndjson } })
      request.on('error', resolve)
      request.write(lines(log).slice(0, 1000))
      setTimeout(() => request.destroy(new Error('gone')), 50)
    })
    await sleep(50)
    const { status, body } = await ask('POST', '/fit', lines(log), ndjson)
    assert.equal(status, 202)
    await settled(ask, body.id)
  })

  it('ends at SIGTERM: stops the fit and finishes what it has begun', async () => {
    const other = await start()
    await other.ask('POST', '/fit?nThreads=1', lines(orders(300_000)), ndjson)
    const line = `${JSON.stringify(customer)}\n`
    const request = httpRequest(`${other.url}/score`, { method: 'POST', headers: { 'content-type': ndjson } })
    const answered = new Promise((resolve, reject) => {
      request.on('error', reject)
      request.on('response', async (response) => {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) {
          if (text === '') setTimeout(() => request.end(line), 200)
          text += chunk
        }
        resolve(text)
      })
    })
    request.write(line)
    await sleep(100)
    const begun = performance.now()
    const stopped = other.stop()
    assert.equal((await answered).trimEnd().split('\n').length, 2)
    assert.deepEqual(await stopped, { code: 0, signal: null, stderr: '' })
    assert.ok(performance.now() - begun < 5_000)
    await assert.rejects(other.ask('GET', '/health'))
  })
})

describe('64 clients and a fit of a million orders', () => {
  it('do not notice each other', async () => {
    const server = await start('--expose-gc', '--import', 'data:text/javascript,process.on("SIGUSR2", () => gc())')
    const million = lines(orders(1_000_000, 8, 3))
    const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]

    const options = {
      url: `${server.url}/score`,
      method: 'POST',
      headers: { 'content-type': json },
      body: JSON.stringify(customer),
    }
    /** Two seconds of requests, less than a fit takes; a list of options for each of the cannons. */
    const period = async (cannons) => {
      await server.ask('GET', '/health')
      const times = []
      const fired = cannons.map(async ({ after = 0, ...more }) => {
        await sleep(after)
        const cannon = autocannon({ ...options, duration: 2, ...more })
        cannon.on('response', (client, status, bytes, time) => times.push(time))
        const { errors, timeouts, non2xx } = await cannon
        assert.deepEqual({ errors, timeouts, non2xx }, { errors: 0, timeouts: 0, non2xx: 0 })
      })
      const start = performance.now()
      await Promise.all(fired)
      const rate = (1000 * times.length) / (performance.now() - start)
      return { times, rate, delay: (await server.ask('GET', '/health')).body.eventLoopDelay }
    }
    /** MiB that the server keeps when it has collected its garbage. */
    const resident = async () => {
      for (let i = 0; i < 3; i++) {
        server.child.kill('SIGUSR2')
        await sleep(100)
      }
      return (await server.ask('GET', '/health')).body.rss / 2 ** 20
    }
    // A cannon with a rate fires its shots of a second one after the other, and rests. So 64 of them, one after the
    // other, leave the machine time for a fit, while one without a rate takes all that it can get.
    const one = { connections: 1, connectionRate: 16, duration: 1 }
    const steady = Array.from({ length: 64 }, (_, i) => ({ ...one, after: (1000 * i) / 64 }))
    const full = [{ connections: 64 }]

    const reading = []
    const withFit = async (cannons) => {
      await server.ask('GET', '/health')
      const { body: job } = await server.ask('POST', '/fit?nThreads=1&horizonDays=90', million, ndjson)
      reading.push((await server.ask('GET', '/health')).body.eventLoopDelay.max)
      const result = await period(cannons)
      const { status } = (await server.ask('GET', `/fit/${job.id}`)).body
      assert.equal(status, 'running', 'the fit ended too early to tell')
      await server.ask('DELETE', `/fit/${job.id}`)
      assert.equal((await settled(server.ask, job.id)).status, 'cancelled')
      return result
    }

    await period(full)
    // In turns, so that what else the machine does is in both.
    const [without, during, rss] = [[], [], []]
    for (let round = 0; round < 3; round++) {
      rss.push(await resident())
      without.push(await period(steady))
      during.push(await withFit(steady))
    }
    const [freely, besides] = [await period(full), await withFit(full)]
    rss.push(await resident())

    const summary = (periods) => {
      const times = periods.flatMap(({ times }) => times).sort((a, b) => a - b)
      const delay = Math.max(...periods.map(({ delay }) => delay.p99))
      const longest = Math.max(...periods.map(({ delay }) => delay.max))
      const rate = periods.reduce((sum, { rate }) => sum + rate, 0) / periods.length
      return { rate, p50: percentile(times, 0.5), p99: percentile(times, 0.99), delay, longest }
    }
    const report = (name, { rate, p50, p99, delay, longest }) =>
      console.log(
        `${name} ${Math.round(rate)} requests a second, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms; ` +
          `event loop's delay p99 ${delay.toFixed(2)} ms, longest ${longest.toFixed(2)} ms`,
      )
    const [quiet, busy] = [summary(without), summary(during)]
    report('steadily, without a fit:', quiet)
    report('steadily, with a fit:   ', busy)
    report('fully, without a fit:   ', summary([freely]))
    report('fully, with a fit:      ', summary([besides]))
    const added = during.map((period, round) => summary([period]).p99 - summary([without[round]]).p99)
    const shown = (times) => times.map((time) => time.toFixed(1)).join(', ')
    console.log(
      `added p99 of each round ${shown(added)} ms; longest delay while each log was read ${shown(reading)} ms; ` +
        `resident after 0, 1, 2 and 4 fits ${rss.map(Math.round)} MiB`,
    )
    // What holds up others does so in every round; what else the machine does, in some.
    assert.ok(Math.min(...added) < 50, 'fits held up the requests')
    assert.ok(Math.min(...during.map(({ delay }) => delay.max)) < 100, 'fits held up the event loop')
    assert.ok(Math.min(...reading) < 100, 'logs held up the event loop')
    assert.ok(rss[3] < rss[1] + 20, `${rss} MiB`)
    assert.deepEqual(await server.stop(), { code: 0, signal: null, stderr: '' })
  })
})
