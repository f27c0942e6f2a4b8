// Customer scores over HTTP: one process answers with a scorecard while it fits the next.
//
//   node server.mjs card.json        or SCORECARD=card.json; HOST=127.0.0.1, PORT=8080

import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { Scorecard } from 'loyalty'

const limits = {
  body: 2 ** 20, // bytes of a JSON body; newline-delimited JSON may be of any length
  line: 2 ** 14, // characters of a line
  batch: 1000, // customers of an array, which are scored in one turn of the event loop
  orders: 5_000_000, // orders of a fit
}
const [json, ndjson] = ['application/json', 'application/x-ndjson']

let card = Scorecard.fromJSON(await readFile(process.argv[2] ?? process.env.SCORECARD ?? 'card.json', 'utf8'))

/** What the client has to do otherwise. */
class HttpError extends Error {
  constructor(status, code, message, details) {
    Object.assign(super(message), { status, code, ...details })
  }
}
const tooLarge = (most, what) => new HttpError(413, 'TOO_LARGE', `over ${most} ${what}`)

// Of the package's codes all are about what it was given, except that of a fault of its own.
const given = /^(INVALID_|SHAPE_MISMATCH|NON_FINITE|TOO_FEW_ROWS|DEGENERATE|NO_ESTIMATE|CANCELLED)/
const statusOf = ({ status, code }) => status ?? (given.test(code) ? 400 : 500)

/** What a client is told of an error: what it can mend, and nothing else. */
const described = (error) => {
  const { code, argument, row, message } = error
  if (error.status || statusOf(error) < 500) return { code, argument, row, message }
  console.error(error)
  return { code: 'INTERNAL', message: 'internal error' }
}

// ---- bodies

const isLines = ({ headers }) => {
  const type = headers['content-type']?.split(';')[0].trim().toLowerCase()
  if (type !== json && type !== ndjson) throw new HttpError(415, 'UNSUPPORTED_TYPE', `send ${json} or ${ndjson}`)
  return type === ndjson
}

const parse = (text, most = Infinity) => {
  if (text.length > most) throw tooLarge(most, 'characters in a line')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HttpError(400, 'INVALID_JSON', error.message)
  }
}

const kept = { destroyOnReturn: false } // for an answer to a request that is not read to its end

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
    // A fast client could otherwise keep the event loop for 32 chunks on end.
    await setImmediate()
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
      return card.scoreCustomer(parse(line, limits.line))
    } catch (error) {
      return { error: described(error) }
    }
  }
  response.writeHead(200, { 'content-type': ndjson })
  await pipeline(linesOf(request), async function* (chunks) {
    for await (const lines of chunks) yield lines.map((line) => `${JSON.stringify(scoreLine(line))}\n`).join('')
  }, response)
}

// ---- fits, one at a time

let job // the latest
const shown = ({ controller, ...job }) => job

/** The orders of a body: a line or an element each, or in columns. */
const ordersOf = async (request) => {
  const ids = new Map()
  // The package copies typed arrays at once. What no order fills of them is memory only by name.
  const columns = [Int32Array, Float64Array, Float64Array].map((type) => new type(limits.orders))
  let row = 0
  const refuse = (argument, must) => {
    throw new HttpError(400, 'INVALID_VALUE', `${argument} of order ${row} must be ${must}`, { argument, row })
  }
  const add = (order) => {
    const { customer, time, amount } = order ?? {}
    const milliseconds = typeof time === 'string' ? Date.parse(time) : time
    if (typeof customer !== 'string' && typeof customer !== 'number') refuse('customer', 'a text or a number')
    if (!Number.isFinite(milliseconds)) refuse('time', 'an ISO date or milliseconds since 1970')
    if (!Number.isFinite(amount)) refuse('amount', 'a number')
    if (row === limits.orders) throw tooLarge(limits.orders, 'orders')
    if (!ids.has(customer)) ids.set(customer, ids.size)
    const values = [ids.get(customer), milliseconds, amount]
    values.forEach((value, i) => (columns[i][row] = value))
    row++
  }
  if (isLines(request)) {
    for await (const lines of linesOf(request)) for (const line of lines) add(parse(line, limits.line))
  } else {
    const body = await bodyOf(request)
    const { customer, time, amount } = body ?? {}
    const length = body?.length ?? Math.max(...[customer, time, amount].map((column) => column?.length ?? 0))
    const order = (i) => ({ customer: customer?.[i], time: time?.[i], amount: amount?.[i] })
    for (let i = 0; i < length; i++) add(Array.isArray(body) ? body[i] : order(i))
  }
  const [customer, time, amount] = columns.map((column) => column.subarray(0, row))
  return { customer, time, amount }
}

const startFit = async (request, response, { query }) => {
  if (/reading|running/.test(job?.status)) throw new HttpError(409, 'BUSY', `fit ${job.id} is ${job.status}`)
  const mine = { id: randomUUID(), status: 'reading', controller: new AbortController() }
  job = mine
  try {
    const log = await ordersOf(request)
    Object.assign(mine, { status: 'running', orders: log.customer.length })
    fit(mine, log, Object.fromEntries([...query].map(([name, value]) => [name, Number(value)])))
  } catch (error) {
    mine.status = 'failed'
    throw error
  }
  return { status: 202, headers: { location: `/fit/${mine.id}` }, body: shown(mine) }
}

const fit = async (job, log, options) => {
  const control = { signal: job.controller.signal, onProgress: (progress) => (job.progress = progress) }
  const most = Math.max(1, availableParallelism() - 1) // One core is left to those who wait for scores.
  try {
    card = await Scorecard.fit(log, { ...options, nThreads: Math.min(options.nThreads ?? most, most), ...control })
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

let stopping = false
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

/** Delays of the event loop are in milliseconds, since the last question. */
const health = () => {
  const [p99, max] = [delay.percentile(99), delay.max].map((time) => time / 1e6 - 10)
  delay.reset()
  return { body: { fit: job && shown(job), rss: process.memoryUsage.rss(), eventLoopDelay: { p99, max } } }
}

const routes = {
  '/score': { POST: score },
  '/fit': { POST: startFit },
  '/fit/:id': { GET: showFit, DELETE: showFit },
  '/health': { GET: health },
}

const answer = async (request, response) => {
  if (stopping) throw new HttpError(503, 'STOPPING', 'the server stops')
  const [path, query] = request.url.split('?')
  const [, id] = path.match(/^\/fit\/([^/]+)$/) ?? []
  const methods = routes[id ? '/fit/:id' : path]
  if (!methods) throw new HttpError(404, 'NOT_FOUND', `nothing at ${path}`)
  const handler = methods[request.method]
  const allow = Object.keys(methods).join(', ')
  if (!handler) throw new HttpError(405, 'WRONG_METHOD', `${path} takes ${allow}`, { headers: { allow } })
  return handler(request, response, { id, query: new URLSearchParams(query) })
}

const send = (request, response, { status = 200, headers, body }) => {
  const connection = request.complete ? 'keep-alive' : 'close' // The rest of what was refused is not read.
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': json, 'content-length': bytes.length, connection, ...headers })
  response.end(bytes)
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
  setTimeout(() => server.closeAllConnections(), 10_000)
})
