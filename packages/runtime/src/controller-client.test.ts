import type { StoredCluster } from '@gridgate/core/cluster/cluster-store'
import { GridError } from '@gridgate/core/errors'
import { signWith, verifyCall } from '@gridgate/http/signed-call'
import type { RemoteClient, RemoteRequest } from '@gridgate/remote/remote-client'
import { describe, expect, it } from 'vitest'
import { makeTestKey } from '../../../test/signing.ts'
import { controllerClient } from './controller-client.ts'

const key = await makeTestKey('k1')
const at = new Date(Date.UTC(2030, 0, 1))
const ports = { clock: { now: () => at }, ids: { next: () => 'i'.repeat(36) } }

const cluster = (base: string | null): StoredCluster =>
  ({
    cluster: { id: 'west-1', config: base === null ? {} : { urlMap: { controllerService: base } } },
    system: { controllerKey: key.publicKey },
  }) as unknown as StoredCluster

function client(answer: { status?: number; body?: unknown } | GridError) {
  const sent: RemoteRequest[] = []
  const remote: RemoteClient = {
    async send(request) {
      sent.push(request)
      if (answer instanceof GridError) throw answer
      const { status = 200, body = { success: true, data: 1 } } = answer
      return { status, headers: {}, bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
    },
    close: async () => undefined,
  }
  const keys = { sign: (kind: 'call' | 'keys', claims: never) => signWith(key.key, kind, claims) }
  const { call } = controllerClient(ports, { remote, keys, reroute: () => null })
  return { sent, call }
}
const ask = { part: 'controller', method: 'POST', path: '/nodes?limit=1', body: { a: 1 } } as const

describe('a call to a controller', () => {
  it('is signed for one cluster, method, path below the ingress, and body', async () => {
    const { call, sent } = client({})
    expect(await call(cluster('http://west-1.example.com:32000/controller/'), ask)).toBe(1)
    expect(sent[0]).toMatchObject({ url: 'http://west-1.example.com:32000/controller/nodes?limit=1', body: '{"a":1}' })
    const token = sent[0]?.headers?.authorization?.replace('Bearer ', '') ?? ''
    expect(await verifyCall(token, { keys: [key.publicKey], audience: 'west-1', at })).toMatchObject({
      issuer: 'gridgate',
      method: 'POST',
      path: '/nodes?limit=1',
    })
  })

  it('is not made where no controller is known', async () => {
    const { call, sent } = client({})
    await expect(call(cluster(null), ask)).rejects.toMatchObject({ code: 'cluster.no_controller', status: 409 })
    expect(sent).toEqual([])
  })

  const problem = { code: 'node.not_found', detail: 'no node n1', details: { node_id: 'n1' }, success: false }
  it("passes on the controller's own refusals", async () => {
    const { call } = client({ status: 404, body: problem })
    await expect(call(cluster('http://h'), ask)).rejects.toMatchObject({
      code: 'node.not_found',
      message: 'no node n1',
      details: { node_id: 'n1' },
    })
  })

  it.each([
    ['it is slow', new GridError('remote.too_slow', 's'), 'controller.too_slow'],
    ['nobody is there', new GridError('remote.unreachable', 's'), 'controller.unreachable'],
    ['its address is refused', new GridError('address.refused', 's'), 'address.refused'],
    ['its reply is too large', new GridError('remote.too_large', 's'), 'controller.failed'],
    ['only the ingress answers', { status: 503, body: 'no upstream' }, 'controller.unreachable'],
    [
      'it does not take our signature',
      { status: 401, body: { code: 'auth.invalid', detail: 'no' } },
      'controller.failed',
    ],
    [
      'it speaks of an error of its own',
      { status: 500, body: { code: 'else.what', detail: 'no' } },
      'controller.failed',
    ],
    ['it answers with a page', { status: 200, body: '<html>' }, 'controller.failed'],
  ])('fails by name when %s', async (_, answer, code) => {
    await expect(client(answer).call(cluster('http://h'), ask)).rejects.toMatchObject({ code })
  })
})
