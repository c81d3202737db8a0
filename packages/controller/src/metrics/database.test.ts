import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { readerOn } from '../../contract/metrics-reader.ts'
import { type MetricsDatabase, openMetricsDatabase, type Sample } from './database.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function databaseThat(answers: RequestListener): Promise<MetricsDatabase> {
  const server = createServer(answers)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return openMetricsDatabase(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

describe('the metrics database', () => {
  it.each([
    ['an error of its own', 500, 'broken', 'metrics.unavailable'],
    ['a redirect', 302, '', 'metrics.unavailable'],
    ['what is not JSON', 200, '<html>', 'metrics.unavailable'],
    ['JSON of something else', 200, '{"status":"success"}', 'metrics.unavailable'],
    ['a refusal', 422, '{"status":"error","error":"secret-host: unexpected token"}', 'metrics.invalid_query'],
  ])('that gives %s is told by code, and its words stay inside', async (_, status, text, code) => {
    const database = await databaseThat((_request, response) => {
      response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end(text)
    })
    const failure = await database.at('up', new Date()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code })
    expect(String(failure)).not.toContain('secret-host')
  })

  it('is unavailable where none is known or none listens', async () => {
    for (const address of [null, 'http://127.0.0.1:1'])
      await expect(openMetricsDatabase(() => address).at('up', new Date())).rejects.toMatchObject({
        code: 'metrics.unavailable',
      })
  })

  it('is not waited for beyond the deadline of who asks', async () => {
    const database = await databaseThat(() => undefined)
    await expect(database.at('up', new Date(), AbortSignal.abort())).rejects.toMatchObject({
      code: 'metrics.unavailable',
      message: 'the metrics database did not answer in time',
    })
  })

  it('is not listened to beyond 32 MB', async () => {
    const database = await databaseThat((_request, response) => {
      for (let megabyte = 0; megabyte < 40; megabyte++) response.write(Buffer.alloc(2 ** 20, 32))
      response.end()
    })
    await expect(database.at('up', new Date())).rejects.toMatchObject({ code: 'metrics.invalid_query' })
  })
})

describe('POST /query', () => {
  const holding = (samples: Sample[]): MetricsDatabase => ({
    at: async () => samples,
    over: async () => [{ labels: {}, points: samples.map(({ value }, index) => [index, value] as const) }],
  })

  it('gives what is no number as Prometheus writes it', async () => {
    const values = [1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    const ask = readerOn(holding(values.map((value) => ({ labels: { a: 'b' }, value }))))
    const { body } = await ask('POST', '/query', { query: 'a' })
    expect(body.data.result.map(({ value }: { value: [number, string] }) => value[1])).toEqual([
      '1.5',
      'NaN',
      '+Inf',
      '-Inf',
    ])
  })

  it('refuses to give more than anybody could read', async () => {
    const ask = readerOn(holding(Array.from({ length: 50_001 }, () => ({ labels: {}, value: 1 }))))
    for (const more of [{}, { range: '1h' }])
      expect((await ask('POST', '/query', { query: 'a', ...more })).body.code).toBe('metrics.invalid_query')
  })

  it.each([
    [{}],
    [{ query: '' }],
    [{ query: 'x'.repeat(4097) }],
    [{ query: 'a', range: 'long' }],
  ])('refuses %j', async (asked) => {
    const { status, body } = await readerOn(holding([]))('POST', '/query', asked)
    expect([status, body.code]).toEqual([400, 'request.invalid'])
  })
})
