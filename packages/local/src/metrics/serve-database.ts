import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, answerQuery, type SamplesAt } from './answer-query.ts'

/** A query is some kilobytes; this is a development aid, and only our own reader asks. */
const bodyBytesMax = 64 * 1024

export interface ServedDatabase {
  /** On loopback. */
  port: number
  stop(): Promise<void>
}

/**
 * The two query routes of a metrics database, for the questions of the metrics reader. Anything else is answered 501: what
 * is simulated is said to be, and never guessed.
 */
export async function serveDatabase(samplesAt: SamplesAt): Promise<ServedDatabase> {
  const server = createServer((request, response) => {
    answer(request, samplesAt).then(
      ([status, body]) => reply(response, status, body),
      () => reply(response, 400, failure('the request cannot be read')),
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, stop: () => close(server) }
}

async function answer(request: IncomingMessage, samplesAt: SamplesAt): Promise<[number, unknown]> {
  const path = request.url?.split('?')[0] ?? '/'
  if (path === '/health') return [200, 'OK']
  const given = new URLSearchParams(await readBody(request))
  const query = given.get('query') ?? ''
  if (path === '/api/v1/query') {
    const moment = Number(given.get('time'))
    const found = answerQuery(query, moment, samplesAt)
    const result = found?.map(({ metric, value }) => ({ metric, value: [moment, String(value)] }))
    return result ? [200, success('vector', result)] : notSimulated
  }
  if (path !== '/api/v1/query_range') return [404, failure('no such path')]
  const step = Number.parseInt(given.get('step') ?? '', 10)
  const series = new Map<string, { metric: Answer['metric']; values: [number, string][] }>()
  for (let moment = Number(given.get('start')); moment <= Number(given.get('end')); moment += step) {
    const found = answerQuery(query, moment, samplesAt)
    if (!found || !(step > 0)) return notSimulated
    for (const { metric, value } of found) {
      const name = JSON.stringify(metric)
      const one = series.get(name) ?? { metric, values: [] }
      one.values.push([moment, String(value)])
      series.set(name, one)
    }
  }
  return [200, success('matrix', [...series.values()])]
}

const success = (resultType: string, result: unknown): unknown => ({ status: 'success', data: { resultType, result } })
const failure = (error: string): unknown => ({ status: 'error', error })
const notSimulated: [number, unknown] = [501, failure('the simulated metrics database answers the metrics reader only')]

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > bodyBytesMax) throw new Error('too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
