import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { GridError } from '@gridgate/core/errors'
import { problem } from '@gridgate/http/problem'
import { readBody } from '@gridgate/http/read-body'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpServer } from './http-server.ts'

const bytesMax = 1000

const server = httpServer(async (request) => {
  try {
    return new Response(await readBody(request, bytesMax))
  } catch (error) {
    return problem(error instanceof GridError ? error : null, 'r1')
  }
})
let port: number
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

/** What comes back for bytes that any client could have made. */
async function answerTo(bytes: string): Promise<{ status: number; type: string | undefined; body: unknown }> {
  const socket = connect(port, '127.0.0.1')
  const reply = text(socket)
  socket.write(bytes)
  const [head = '', body = ''] = (await reply).split('\r\n\r\n')
  return {
    status: Number(head.split(' ')[1]),
    type: /^content-type: (.*)$/im.exec(head)?.[1],
    body: body.startsWith('{') ? JSON.parse(body) : body,
  }
}

describe('the HTTP server', () => {
  it.each([
    ['no HTTP', '\x16\x03\x01\r\n\r\n', 400, 'request.malformed_http'],
    ['an unknown method', 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'request.malformed_http'],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n', 400, 'request.malformed_http'],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'request.malformed_http'],
    [
      'a host that is none',
      'GET / HTTP/1.1\r\nHost: a b/c@d\r\nConnection: close\r\n\r\n',
      400,
      'request.malformed_http',
    ],
    ['a path that is none', 'GET \\a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400, 'request.malformed_http'],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'request.malformed_http'],
    [
      'large headers',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'request.headers_too_large',
    ],
  ])('answers %s as a problem', async (_, bytes, status, code) => {
    expect(await answerTo(bytes)).toMatchObject({
      status,
      type: 'application/problem+json',
      body: { status, code, success: false, message: expect.any(String), request_id: expect.any(String) },
    })
  })

  it('lets a client that sends too much see why', async () => {
    const body = 'x'.repeat(8 * 2 ** 20)
    const reply = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })
    expect([reply.status, await reply.json()]).toMatchObject([413, { code: 'request.too_large' }])
  })

  it('answers what is in order', async () => {
    const reply = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'hello' })
    expect([reply.status, await reply.text()]).toEqual([200, 'hello'])
  })
})
