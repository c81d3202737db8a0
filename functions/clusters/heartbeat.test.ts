import type { Authenticator } from '@gridgate/core/auth/authenticator'
import { Cluster } from '@gridgate/core/cluster/cluster'
import type { GatewayKeys } from '@gridgate/core/controller/gateway-keys'
import { controllerAuthenticator } from '@gridgate/runtime/controller-authenticator'
import { beforeEach, describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { makeTestKey, signCall, type TestKey } from '../../test/signing.ts'
import { admin, type World, world } from '../../test/world.ts'
import { readController } from './controller.ts'
import { takeHeartbeat } from './heartbeat.ts'

const [own, next, foreign] = (await Promise.all(['own', 'next', 'foreign'].map(makeTestKey))) as [
  TestKey,
  TestKey,
  TestKey,
]
const path = '/clusters/west-1/heartbeat'
const gatewayKeys: GatewayKeys = {
  publicKeys: async () => [foreign.publicKey],
  sign: async () => 'signed',
  signWithAll: async () => ['signed'],
  ensure: async () => false,
  rotate: async () => 'kid',
}
let w: World

beforeEach(async () => {
  const authenticator: Authenticator = { identify: (given) => signed.identify(given) }
  w = world({ gatewayKeys, authenticator })
  const signed = controllerAuthenticator(w.ports, { identify: async () => admin })
  const { cluster, version } = await w.ports.clusters.create(
    Cluster.parse({ id: 'west-1', regionId: 'us', nodes: { count: 0 }, config: {} }),
  )
  await w.ports.clusters.writeSystem(cluster.id, version, {
    controllerKey: own.publicKey,
    urlMap: { controllerService: 'http://west-1.example.com:32300' },
  })
})

const body = (more: object = {}): string => {
  const now = w.ports.clock.now().toISOString()
  return JSON.stringify({ version: '0.1.0', started_at: now, sent_at: now, ...more })
}

async function report(text = body(), key = own, told: Parameters<typeof signCall>[1] = {}): Promise<Response> {
  const at = w.ports.clock.now()
  const facts = { issuer: 'west-1', audience: 'gridgate', method: 'POST', path, body: text, at, ...told }
  const token = await signCall(key, facts)
  return send(text, token)
}
function send(text: string, token: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return Promise.resolve(appOf(takeHeartbeat, w.ports).request(path, { method: 'POST', headers, body: text }))
}
const reporting = async (): Promise<Record<string, unknown>> => {
  const response = await appOf(readController, w.ports).request('/clusters/west-1/controller')
  return ((await response.json()) as { data: Record<string, unknown> }).data
}

describe('POST /clusters/{cluster_id}/heartbeat', () => {
  it('makes the cluster live; silence makes it stale, then unreachable; the next report brings it back', async () => {
    expect(await reporting()).toMatchObject({ state: 'none', enrolled: true, key_id: 'own' })
    const begun = w.ports.clock.now().toISOString()
    const reply = await report()
    expect(await reply.json()).toMatchObject({
      data: { interval_seconds: 30, gateway_keys: ['signed'], enrolled_key: 'own' },
    })
    w.pass(60_000)
    await report()
    expect(await reporting()).toMatchObject({ state: 'live', since: begun })
    w.pass(90_000)
    expect(await reporting()).toMatchObject({ state: 'stale', since: w.ports.clock.now().toISOString() })
    w.pass(210_000)
    expect(await reporting()).toMatchObject({ state: 'unreachable', since: w.ports.clock.now().toISOString() })
    await report()
    expect(await reporting()).toMatchObject({ state: 'live', since: w.ports.clock.now().toISOString() })
  })

  it('keeps the summary of what the cluster measured', async () => {
    await report(body({ summary: { cluster: { vcpu: { load15m: 1 } } } }))
    w.pass(1000)
    await report()
    expect((await w.ports.summaries.find('west-1'))?.summary).toEqual({ cluster: { vcpu: { load15m: 1 } } })
  })

  it('leaves the version of the cluster alone, so that nobody loses a race to it', async () => {
    const before = await w.ports.clusters.findOutline('west-1' as never)
    await report()
    expect(await w.ports.clusters.findOutline('west-1' as never)).toEqual(before)
  })

  it('changes nothing when an older report comes again', async () => {
    const old = body()
    w.pass(1000)
    await report()
    const before = w.snapshot()
    expect((await report(old)).status).toBe(200)
    expect(w.snapshot()).toEqual(before)
  })

  it('refuses one from times to come, which would make all that follow look late', async () => {
    await report()
    const before = w.snapshot()
    const ahead = (ms: number): string => new Date(w.ports.clock.now().getTime() + ms).toISOString()
    expect((await report(body({ sent_at: ahead(60_001) }))).status).toBe(400)
    expect(w.snapshot()).toEqual(before)
    expect((await report(body({ sent_at: ahead(60_000) }))).status).toBe(200)
    expect(w.snapshot()).not.toEqual(before)
  })

  it('enrols the key that is to follow; from then on only that one is believed', async () => {
    const reply = await report(body({ next_key: next.publicKey }))
    expect(await reply.json()).toMatchObject({ data: { enrolled_key: 'next' } })
    w.pass(1000)
    expect((await report()).status).toBe(401)
    expect((await report(body({ next_key: next.publicKey }), next)).status).toBe(200)
  })

  it.each([
    ['another key signed', () => report(body(), foreign), 401],
    ['another cluster signed', () => report(body(), own, { issuer: 'east-1' }), 401],
    ['it was signed for another gateway', () => report(body(), own, { audience: 'west-1' }), 401],
    ['it was signed for another path', () => report(body(), own, { path: '/clusters/east-1/heartbeat' }), 401],
    ['it was signed for another method', () => report(body(), own, { method: 'GET' }), 401],
    ['it was signed for another body', () => report(body(), own, { body: '{}' }), 401],
    ['it has expired', () => report(body(), own, { at: new Date(w.ports.clock.now().getTime() - 100_000) }), 401],
    ['its signature is cut off', () => send(body(), 'eyJhbGciOiJub25lIn0.e30.x'), 401],
    ['the summary is too large', () => report(body({ summary: { a: 'x'.repeat(40_000) } })), 400],
  ])('refuses when %s, and changes nothing', async (_, ask, status) => {
    const before = w.snapshot()
    expect((await ask()).status).toBe(status)
    expect(w.snapshot()).toEqual(before)
  })
})
