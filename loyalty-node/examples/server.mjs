// Customer scores over HTTP: one process answers with a scorecard while it fits the next.
//
//   node server.mjs card.json        or SCORECARD=card.json; HOST=127.0.0.1, PORT=8080

import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pipeline } from 'node:stream/promises'
import { Scorecard } from 'loyalty'

const limits = {
  body: 2 ** 20, // bytes of a JSON body; newline-delimited JSON may be of any length
  line: 2 ** 14, // characters of a line
  batch: 1000, // customers of an array, which are scored in one turn of the event loop
  orders: 5_000_000, // orders of a fit
  shutdown: 10_000, // milliseconds that requests get to finish
}
const [json, ndjson] = ['application/json', 'application/x-ndjson']

let card = Scorecard.fromJSON(await readFile(process.argv[2] ?? process.env.SCORECARD ?? 'card.json', 'utf8'))

/** What the client has to do otherwise. */
class HttpError extends Error {
  constructor(status, code, message, details) {
    super(message)
    Object.assign(this, { status, code, ...details })
  }
}

// Of the package's errors all are about the values that it was given, except a fault of its own.
const ofValues = /^(INVALID_|SHAPE_MISMATCH|NON_FINITE|TOO_FEW_ROWS|DEGENERATE|NO_ESTIMATE|CANCELLED)/

const statusOf = (error) => error.status ?? (ofValues.test(error.code) ? 400 : 500)

/** What a client is told of an error: what it can mend, and nothing else. */
const described = (error) => {
  const { code, argument, row, message } = error
  if (statusOf(error) < 500) return { code, argument, row, message }
  console.error(error)
  return { code: 'INTERNAL', message: 'internal error' }
}

// ---- bodies

const isLines = ({ headers }) => {
  const type = headers['content-type']?.split(';')[0].trim().toLowerCase()
  if (type !== json && type !== ndjson) throw new HttpError(415, 'UNSUPPORTED_TYPE', `send ${json} or ${ndjson}`)
  return type === ndjson
}

const tooLarge = (most, what) => new HttpError(413, 'TOO_LARGE', `over ${most} ${what}`)

const parse = (text, most = Infinity) => {
  if (text.length > most) throw tooLarge(most, 'characters in a line')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HttpError(400, 'INVALID_JSON', error.message)
  }
}

// A request whose reader has had enough lives on to be answered.
const kept = { destroyOnReturn: false }

const bodyOf = async (request) => {
  const chunks = []
  let size = 0
  for await (const chunk of request.iterator(kept)) {
    size += chunk.length
    if (size > limits.body) throw tooLarge(limits.body, `bytes; send more as ${ndjson}`)
    chunks.push(chunk)
  }
  return parse(Buffer.concat(chunks).toString())
}

/** The lines of newline-delimited JSON, in arrays of those that arrive together. */
async function* linesOf(request) {
  let rest = ''
  for await (const chunk of request.setEncoding('utf8').iterator(kept)) {
    const lines = (rest + chunk).split('\n')
    // Of a line that is too long, no more is kept than it takes to refuse it.
    rest = lines.pop().slice(0, limits.line + 1)
    yield lines.filter((line) => line.trim())
  }
  if (rest.trim()) yield [rest]
}

// ---- scores

const score = async (request, response) => {
  if (isLines(request)) return scoreLines(request, response)
  const customers = await bodyOf(request)
  if (!Array.isArray(customers)) return { body: card.scoreCustomer(customers) }
  if (customers.length > limits.batch) throw tooLarge(limits.batch, `customers; send more as ${ndjson}`)
  const scores = []
  try {
    for (const customer of customers) scores.push(card.scoreCustomer(customer))
  } catch (error) {
    throw Object.assign(error, { row: scores.length })
  }
  return { body: scores }
}

/** A line of scores for each line of a customer, or one of what was wrong with it, as fast as the client reads. */
const scoreLines = async (request, response) => {
  const scoreLine = (line) => {
    try {
      return `${JSON.stringify(card.scoreCustomer(parse(line, limits.line)))}\n`
    } catch (error) {
      return `${JSON.stringify({ error: described(error) })}\n`
    }
  }
  response.writeHead(200, { 'content-type': ndjson })
  const answers = async function* () {
    for await (const lines of linesOf(request)) yield lines.map(scoreLine).join('')
  }
  await pipeline(answers, response)
}

// ---- fits, one at a time

let job // the latest

const shown = ({ controller, ...job }) => job

/** The orders, a line or an element each or in columns, in typed arrays, which the package copies fastest. */
const ordersOf = async (request, signal) => {
  const ids = new Map()
  const [customers, times, amounts] = [[], [], []]
  const add = (order) => {
    const { customer, time, amount } = order ?? {}
    const row = customers.length
    const refuse = (argument, must) => {
      throw new HttpError(400, 'INVALID_VALUE', `${argument} of order ${row} must be ${must}`, { argument, row })
    }
    if (row === limits.orders) throw tooLarge(limits.orders, 'orders')
    if (typeof customer !== 'string' && typeof customer !== 'number') refuse('customer', 'a text or a number')
    const milliseconds = typeof time === 'string' ? Date.parse(time) : time
    if (!Number.isFinite(milliseconds)) refuse('time', 'an ISO date or milliseconds since 1970')
    if (!Number.isFinite(amount)) refuse('amount', 'a number')
    if (!ids.has(customer)) ids.set(customer, ids.size)
    customers.push(ids.get(customer))
    times.push(milliseconds)
    amounts.push(amount)
  }
  if (isLines(request)) {
    for await (const lines of linesOf(request)) {
      signal.throwIfAborted()
      for (const line of lines) add(parse(line, limits.line))
    }
  } else {
    const body = await bodyOf(request)
    const { customer = [], time = [], amount = [] } = body ?? {}
    const rows = { length: Math.max(customer.length, time.length, amount.length) }
    const order = (_, row) => ({ customer: customer[row], time: time[row], amount: amount[row] })
    for (const one of Array.isArray(body) ? body : Array.from(rows, order)) add(one)
  }
  return { customer: new Int32Array(customers), time: new Float64Array(times), amount: new Float64Array(amounts) }
}

const startFit = async (request, response, { query }) => {
  if (/reading|running/.test(job?.status)) throw new HttpError(409, 'BUSY', `fit ${job.id} is ${job.status}`)
  const mine = { id: randomUUID(), status: 'reading', controller: new AbortController() }
  job = mine
  try {
    const log = await ordersOf(request, mine.controller.signal)
    Object.assign(mine, { status: 'running', orders: log.customer.length })
    fit(mine, log, Object.fromEntries([...query].map(([name, value]) => [name, Number(value)])))
  } catch (error) {
    mine.status = 'failed'
    throw error
  }
  return { status: 202, headers: { location: `/fit/${mine.id}` }, body: shown(mine) }
}

const fit = async (job, log, options) => {
  const onProgress = (progress) => (job.progress = progress)
  // One core is left to those who wait for scores.
  const nThreads = Math.max(1, availableParallelism() - 1)
  try {
    card = await Scorecard.fit(log, { nThreads, ...options, signal: job.controller.signal, onProgress })
    job.status = 'done'
  } catch (error) {
    Object.assign(job, { status: error.code === 'CANCELLED' ? 'cancelled' : 'failed', error: described(error) })
  }
}

const showFit = (request, response, { id }) => {
  if (job?.id !== id) throw new HttpError(404, 'NOT_FOUND', `no fit ${id}`)
  if (request.method === 'DELETE') job.controller.abort()
  return { body: shown(job) }
}

// ---- the server

const resolution = 10
const delay = monitorEventLoopDelay({ resolution })
delay.enable()
let stopping = false

/** Delays of the event loop are in milliseconds, since the last question. */
const health = () => {
  const [p99, max] = [delay.percentile(99), delay.max].map((time) => time / 1e6 - resolution)
  delay.reset()
  const status = stopping ? 'stopping' : 'ok'
  return { body: { status, fit: job && shown(job), rss: process.memoryUsage.rss(), eventLoopDelay: { p99, max } } }
}

const routes = {
  '/score': { POST: score },
  '/fit': { POST: startFit },
  '/fit/:id': { GET: showFit, DELETE: showFit },
  '/health': { GET: health },
}

const answer = async (request, response) => {
  const [path, query] = request.url.split('?')
  const [, id] = path.match(/^\/fit\/([^/]+)$/) ?? []
  const methods = routes[id ? '/fit/:id' : path]
  if (!methods) throw new HttpError(404, 'NOT_FOUND', `nothing at ${path}`)
  const allow = Object.keys(methods).join(', ')
  const handler = methods[request.method]
  if (!handler) throw new HttpError(405, 'WRONG_METHOD', `${path} takes ${allow}`, { headers: { allow } })
  return handler(request, response, { id, query: new URLSearchParams(query) })
}

const send = (request, response, { status = 200, headers, body }) => {
  // What is left of a body that was refused is not worth reading.
  const connection = request.complete ? 'keep-alive' : 'close'
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': json, 'content-length': bytes.length, connection, ...headers }).end(bytes)
}

const server = createServer({ headersTimeout: 10_000, requestTimeout: 600_000 }, async (request, response) => {
  try {
    const result = await answer(request, response)
    if (result) send(request, response, result)
  } catch (error) {
    if (response.headersSent || request.socket.destroyed) return response.destroy()
    send(request, response, { status: statusOf(error), headers: error.headers, body: { error: described(error) } })
  }
})
server.timeout = 30_000 // without a byte either way
server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  console.log(`http://${server.address().address}:${server.address().port}`)
})

process.once('SIGTERM', () => {
  stopping = true
  job?.controller.abort()
  server.close(() => process.exit())
  setInterval(() => server.closeIdleConnections(), 100)
  setTimeout(() => server.closeAllConnections(), limits.shutdown)
})
