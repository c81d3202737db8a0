import type { LookupAddress } from 'node:dns'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openAddressGuard } from './address-guard.ts'
import { codeFetcher } from './code-fetcher.ts'
import { openRemoteClient, type RemoteClient } from './remote-client.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** A server on loopback that counts what reaches it. */
async function serve(answer: Answer): Promise<{ port: number; hits: () => number }> {
  let hits = 0
  const server: Server = createServer((request, response) => {
    hits++
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return { port: (server.address() as AddressInfo).port, hits: () => hits }
}

/** A client to which only the named ports of 127.0.0.1 count as ours. */
function clientTo(ports: number[], resolve?: (hostname: string) => LookupAddress[]): RemoteClient {
  const client = openRemoteClient({
    guard: openAddressGuard({ allow: [], local: ports.map((port) => `127.0.0.1:${port}`) }),
    ...(resolve ? { resolve: async (hostname) => resolve(hostname) } : {}),
  })
  opened.push(client)
  return client
}

const schemes = ['http:', 'https:']
const ipv4 = (address: string): LookupAddress => ({ address, family: 4 })
const bytesMax = 1000

describe('the remote client', () => {
  it('gives status, headers and bytes of a reply', async () => {
    const { port } = await serve((_, response) => response.writeHead(418, { 'x-one': '1' }).end('short'))
    const reply = await clientTo([port]).send({ url: `http://127.0.0.1:${port}/a`, schemes, bytesMax })
    expect({ ...reply, text: Buffer.from(reply.bytes).toString() }).toMatchObject({
      status: 418,
      headers: { 'x-one': '1' },
      text: 'short',
    })
  })

  it('connects to the address that it checked: a name that is public first and private later gains nothing', async () => {
    const { port, hits } = await serve((_, response) => response.setHeader('connection', 'close').end('ok'))
    const answers = [[ipv4('127.0.0.1')], [ipv4('10.0.0.1')]]
    let asked = 0
    const client = clientTo([port], () => answers[asked++] ?? [])
    const url = `http://rebind.example:${port}/`
    await client.send({ url, schemes, bytesMax })
    expect([hits(), asked]).toEqual([1, 1])
    await expect(client.send({ url, schemes, bytesMax })).rejects.toMatchObject({
      code: 'address.refused',
      status: 400,
    })
    expect([hits(), asked]).toEqual([1, 2])
  })

  it('does not say which address is behind a refused name', async () => {
    const client = clientTo([], () => [ipv4('10.11.12.13')])
    const refusal = client.send({ url: 'https://inside.example/', bytesMax })
    await expect(refusal).rejects.toMatchObject({ code: 'address.refused' })
    await expect(refusal).rejects.not.toThrow('10.11.12.13')
  })

  it('connects only to the allowed addresses of a name that has others too', async () => {
    const { port, hits } = await serve((_, response) => response.end('ok'))
    const client = clientTo([port], () => [ipv4('169.254.169.254'), ipv4('127.0.0.1')])
    await client.send({ url: `http://mixed.example:${port}/`, schemes, bytesMax })
    expect(hits()).toBe(1)
  })

  it.each([
    ['decimal', (port: number) => `http://2130706433:${port}/`],
    ['octal', (port: number) => `http://0177.0.0.1:${port}/`],
    ['hexadecimal', (port: number) => `http://0x7f.1:${port}/`],
    ['short', (port: number) => `http://127.1:${port}/`],
    ['dotted', (port: number) => `http://127.0.0.1.:${port}/`],
    ['mapped', (port: number) => `http://[::ffff:127.0.0.1]:${port}/`],
    ['NAT64', (port: number) => `http://[64:ff9b::7f00:1]:${port}/`],
    ['named', (port: number) => `http://localhost:${port}/`],
  ])('refuses the %s form of an address', async (_, url) => {
    const { port, hits } = await serve((_, response) => response.end('secret'))
    await expect(clientTo([]).send({ url: url(port), schemes, bytesMax })).rejects.toMatchObject({
      code: 'address.refused',
    })
    expect(hits()).toBe(0)
  })

  it.each([
    ['another scheme', 'http://example.com/'],
    ['a file', 'file:///etc/passwd'],
    ['gopher', 'gopher://example.com/'],
    ['a user', 'https://user@example.com/'],
    ['a password', 'https://:secret@example.com/'],
    ['no URL', 'example'],
    ['metadata', 'https://169.254.169.254/latest/meta-data'],
  ])('refuses %s before it connects', async (_, url) => {
    const client = clientTo([], () => [ipv4('127.0.0.1')])
    await expect(client.send({ url, bytesMax })).rejects.toMatchObject({ code: 'address.refused' })
  })

  it('checks each address that a redirect leads to', async () => {
    const inside = await serve((_, response) => response.end('secret'))
    const outside = await serve((_, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${inside.port}/` }).end(),
    )
    const request = { url: `http://127.0.0.1:${outside.port}/`, schemes, bytesMax, redirectsMax: 3 }
    await expect(clientTo([outside.port]).send(request)).rejects.toMatchObject({ code: 'address.refused' })
    expect([outside.hits(), inside.hits()]).toEqual([1, 0])
    const reply = await clientTo([outside.port, inside.port]).send(request)
    expect(Buffer.from(reply.bytes).toString()).toBe('secret')
  })

  it('leaves the scheme rules in force after a redirect', async () => {
    const { port } = await serve((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end())
    await expect(
      clientTo([port]).send({ url: `http://127.0.0.1:${port}/`, schemes, bytesMax, redirectsMax: 3 }),
    ).rejects.toMatchObject({ code: 'address.refused' })
  })

  it('follows a bounded number of redirects, and none unless told to', async () => {
    const { port, hits } = await serve((_, response) => response.writeHead(307, { location: '/' }).end())
    const request = { url: `http://127.0.0.1:${port}/`, schemes, bytesMax }
    await expect(clientTo([port]).send({ ...request, redirectsMax: 3 })).rejects.toMatchObject({
      code: 'remote.failed',
    })
    expect(hits()).toBe(4)
    expect((await clientTo([port]).send(request)).status).toBe(307)
  })

  it('keeps credentials from another origin', async () => {
    const seen: (string | undefined)[] = []
    const second = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.end()
    })
    const first = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(302, { location: `http://127.0.0.1:${second.port}/` }).end()
    })
    await clientTo([first.port, second.port]).send({
      url: `http://127.0.0.1:${first.port}/`,
      headers: { Authorization: 'Bearer x' },
      schemes,
      bytesMax,
      redirectsMax: 1,
    })
    expect(seen).toEqual(['Bearer x', undefined])
  })

  it.each([
    ['announced', (response: ServerResponse) => response.setHeader('content-length', '1001').end('x'.repeat(1001))],
    [
      'not announced',
      (response: ServerResponse) => void response.write('x'.repeat(900), () => response.end('x'.repeat(101))),
    ],
  ])('stops at a reply that is too large, %s', async (_, answer) => {
    const { port } = await serve((_, response) => void answer(response))
    await expect(clientTo([port]).send({ url: `http://127.0.0.1:${port}/`, schemes, bytesMax })).rejects.toMatchObject({
      code: 'remote.too_large',
    })
  })

  it.each([
    ['says nothing', () => undefined],
    ['never ends', (response: ServerResponse) => void response.write('x')],
  ])('gives up on a server that %s', async (_, answer) => {
    const { port } = await serve((_, response) => answer(response))
    await expect(
      clientTo([port]).send({ url: `http://127.0.0.1:${port}/`, schemes, bytesMax, timeoutMsMax: 50 }),
    ).rejects.toMatchObject({ code: 'remote.too_slow', status: 504 })
  })

  it('tells an unreachable host from a refused one', async () => {
    const { port } = await serve((request) => request.socket.destroy())
    const client = clientTo([port], () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    })
    const unreachable = { code: 'remote.unreachable', status: 503 }
    await expect(client.send({ url: `http://127.0.0.1:${port}/`, schemes, bytesMax })).rejects.toMatchObject(
      unreachable,
    )
    await expect(client.send({ url: 'https://nowhere.example/', bytesMax })).rejects.toMatchObject(unreachable)
  })
})

describe('the code fetcher', () => {
  it('gives the bytes of a 200, and nothing else', async () => {
    const { port } = await serve((request, response) =>
      request.url === '/code' ? response.end('class A:\n  pass') : response.writeHead(404).end('gone'),
    )
    const fetcher = codeFetcher(clientTo([port]), schemes)
    expect(Buffer.from(await fetcher.fetch(`http://127.0.0.1:${port}/code`)).toString()).toBe('class A:\n  pass')
    await expect(fetcher.fetch(`http://127.0.0.1:${port}/other`)).rejects.toMatchObject({ code: 'remote.failed' })
  })

  it('takes https alone', async () => {
    await expect(codeFetcher(clientTo([])).fetch('http://example.com/')).rejects.toMatchObject({
      code: 'address.refused',
    })
  })
})
