import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { GridError } from '@gridgate/core/errors'
import { type Certificates, certificatesIn } from '@gridgate/local/kube/auth/certificates'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openClient } from './client.ts'
import { type Kubeconfig, sanitise } from './kubeconfig.ts'
import { type CheckAddress, connectionsMax, type Endpoint, openTransport, type Transport } from './transport.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridgate-transport-'))
const host = 'api.example.test'
const allow: CheckAddress = () => undefined
const base64 = (text: string): string => Buffer.from(text).toString('base64')

let certificates: Certificates
let server: Server
let endpoint: Endpoint
let received: IncomingMessage[] = []
let answer: (request: IncomingMessage, response: ServerResponse) => void
const open: Transport[] = []

beforeAll(async () => {
  certificates = await certificatesIn(folder, [host])
  const { certificate: cert, key } = certificates.server
  const tls = { cert, key, ca: certificates.authority.certificate, requestCert: true, rejectUnauthorized: false }
  server = createServer(tls, (request, response) => {
    received.push(request)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = { address: '127.0.0.1', port: (server.address() as AddressInfo).port }
})

afterEach(() => {
  for (const transport of open.splice(0)) transport.close()
  received = []
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

function kubeconfig(parts: { cluster?: object; user?: object; server?: string } = {}): Kubeconfig {
  const authority = base64(certificates.authority.certificate)
  const cluster = {
    server: parts.server ?? `https://${host}:6443`,
    'certificate-authority-data': authority,
    ...parts.cluster,
  }
  return sanitise({
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    clusters: [{ name: 'x', cluster }],
    users: [{ name: 'x', user: parts.user ?? { token: 'canary-token' } }],
  })
}

function transportTo(config: Kubeconfig, check: CheckAddress = allow, resolve = async () => endpoint): Transport {
  const transport = openTransport(config, check, resolve)
  open.push(transport)
  return transport
}

const get = (path = '/x', signal = new AbortController().signal) => ({ method: 'GET', path, signal }) as const
const ok = (_request: IncomingMessage, response: ServerResponse): void => void response.end('{"kind":"X"}')

describe('a connection', () => {
  it('goes to the checked address under the name of the kubeconfig, with its token', async () => {
    answer = ok
    const checked: [string, Endpoint][] = []
    const transport = transportTo(kubeconfig({ server: `https://${host}:6443/base/` }), (url, at) => {
      checked.push([url.href, at])
    })
    expect(await transport.send(get('/api?x=1'))).toMatchObject({ status: 200, text: '{"kind":"X"}' })
    expect(checked).toEqual([[`https://${host}:6443/base`, endpoint]])
    expect(received[0]?.url).toBe('/base/api?x=1')
    expect(received[0]?.headers).toMatchObject({ host: `${host}:6443`, authorization: 'Bearer canary-token' })
  })

  it('is used by one request after the other, and by no more of them at a time than there are', async () => {
    answer = ok
    let made = 0
    const count = (): void => {
      made += 1
    }
    server.on('secureConnection', count)
    const transport = transportTo(kubeconfig())
    for (let call = 0; call < 3; call++) await transport.send(get())
    expect(made).toBe(1)
    await Promise.all(Array.from({ length: 3 * connectionsMax }, () => transport.send(get())))
    expect(made).toBeLessThanOrEqual(connectionsMax)
    server.off('secureConnection', count)
  })

  it('is not made to a refused address', async () => {
    const refuse: CheckAddress = () => {
      throw new GridError('address.refused', 'not this one')
    }
    await expect(transportTo(kubeconfig(), refuse).send(get())).rejects.toMatchObject({ code: 'address.refused' })
    expect(received).toEqual([])
  })

  it('stays at the checked address when the name answers differently later', async () => {
    answer = ok
    const answers = [endpoint, { address: '169.254.169.254', port: 80 }]
    const checked: string[] = []
    const transport = transportTo(
      kubeconfig(),
      (_url, { address }) => void checked.push(address),
      async () => answers.shift() ?? endpoint,
    )
    await transport.send(get())
    await transport.send(get())
    expect(received).toHaveLength(2)
    expect(checked).toEqual(['127.0.0.1'])
  })

  it('shows the client certificate', async () => {
    answer = (request, response) => void response.end(String((request.socket as TLSSocket).authorized))
    const { certificate, key } = certificates.admin
    const user = { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) }
    expect((await transportTo(kubeconfig({ user })).send(get())).text).toBe('true')
    expect(received[0]?.headers.authorization).toBeUndefined()
  })

  it.each([
    ['for another name', { server: 'https://other.example.test' }],
    ['for another TLS name', { cluster: { 'tls-server-name': 'other.example.test' } }],
    ['for a name instead of an address', { server: 'https://127.0.0.1' }],
    ['of an unknown authority', { cluster: { 'certificate-authority-data': undefined } }],
  ])('refuses a certificate %s, before the token is sent', async (_why, parts) => {
    answer = ok
    const client = openClient(kubeconfig(parts), { checkAddress: allow, resolve: async () => endpoint })
    await expect(client.version()).rejects.toMatchObject({ code: 'kube.failed' })
    client.close()
    expect(received).toEqual([])
  })

  it('accepts the certificate under the TLS name that is given', async () => {
    answer = ok
    const config = kubeconfig({ server: 'https://203.0.113.10:6443', cluster: { 'tls-server-name': host } })
    expect((await transportTo(config).send(get())).status).toBe(200)
  })

  it('ends when the reply grows too large', async () => {
    const chunk = Buffer.alloc(2 ** 20)
    answer = (_request, response) => {
      for (let sent = 0; sent <= 8; sent++) response.write(chunk)
      response.end()
    }
    await expect(transportTo(kubeconfig()).send(get())).rejects.toMatchObject({ code: 'kube.failed' })
  })

  it('ends with its deadline', async () => {
    const deadline = new AbortController()
    answer = () => deadline.abort()
    await expect(transportTo(kubeconfig()).send(get('/x', deadline.signal))).rejects.toThrow()
  })

  it('ends with its deadline while the name is looked up', async () => {
    const deadline = new AbortController()
    const transport = transportTo(kubeconfig(), allow, () => {
      deadline.abort()
      return new Promise<Endpoint>(() => undefined)
    })
    await expect(transport.send(get('/x', deadline.signal))).rejects.toThrow()
  })

  it('keeps a token that the server repeats out of the error', async () => {
    answer = (request, response) => void response.writeHead(403).end(`no: ${request.headers.authorization}`)
    const client = openClient(kubeconfig(), { checkAddress: allow, resolve: async () => endpoint })
    const error: unknown = await client.version().catch((thrown: unknown) => thrown)
    client.close()
    expect(error).toMatchObject({ code: 'kube.forbidden', cause: { message: 'API server: no: Bearer [token]' } })
  })

  it('follows no redirect', async () => {
    answer = (_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end()
    const client = openClient(kubeconfig(), { checkAddress: allow, resolve: async () => endpoint })
    await expect(client.version()).rejects.toMatchObject({ code: 'kube.failed', details: { status: 302 } })
    client.close()
    expect(received).toHaveLength(1)
  })

  it('is closed with its client', async () => {
    answer = ok
    const transport = transportTo(kubeconfig())
    await transport.send(get())
    const closed = new Promise((resolve) => received[0]?.socket.once('close', resolve))
    transport.close()
    await closed
  })

  it('is refused at once when the credentials are not PEM', () => {
    const user = { 'client-certificate-data': base64('canary'), 'client-key-data': base64('canary') }
    expect(() => openTransport(kubeconfig({ user }), allow, async () => endpoint)).toThrow(
      expect.objectContaining({ code: 'kubeconfig.invalid' }),
    )
  })
})
