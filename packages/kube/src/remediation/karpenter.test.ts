import { GridError } from '@gridgate/core/errors'
import { beforeEach, describe, expect, it } from 'vitest'
import { kinds } from '../kinds.ts'
import { MemoryCluster } from '../memory-cluster.ts'
import type { KubernetesObject } from '../object.ts'
import { karpenter } from './karpenter.ts'
import { openRemedy, type RemedyOrder } from './machine-system.ts'

const providerId = 'aws:///us-east-1a/i-0123456789abcdef0'
const now = '2026-01-02T10:00:00.000Z'
const clock = { now: () => new Date(now) }
const target = { node_name: 'gpu-1', provider_id: providerId }
let cluster: MemoryCluster
const remedy = (allow = ['gpu']) => openRemedy(karpenter, { client: cluster, clock, allow })

const putNode = (given: { name?: string; id?: string; fence?: string } = {}): KubernetesObject =>
  cluster.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: given.name ?? 'gpu-1',
      annotations: given.fence === undefined ? {} : { 'gridgate.io/fence': given.fence },
    },
    spec: { providerID: given.id ?? providerId },
  })
function putClaim(given: { name?: string; pool?: string | null; status?: object } = {}): string {
  const { name = 'gpu-x7k2p', pool = 'gpu', status = {} } = given
  const labels = pool === null ? {} : { 'karpenter.sh/nodepool': pool }
  const { apiVersion, kind } = kinds.nodeClaim
  const metadata = { name, labels, creationTimestamp: '2026-01-01T00:00:00Z' }
  const stored = cluster.put({
    apiVersion,
    kind,
    metadata,
    status: { providerID: providerId, nodeName: 'gpu-1', ...status },
  })
  return stored.metadata.uid ?? ''
}
const initialized = (status: string) => ({ conditions: [{ type: 'Initialized', status }] })
const order = (instance_id: string, given: Partial<RemedyOrder> = {}): RemedyOrder => ({
  ...target,
  instance_id,
  action: 'task-a',
  fence: 7,
  ...given,
})
const claimNow = () => cluster.objects().find(({ kind }) => kind === 'NodeClaim')

beforeEach(() => {
  cluster = new MemoryCluster()
})

describe('the NodeClaim of a node', () => {
  it.each([
    ['starting', {}],
    ['starting', initialized('Unknown')],
    ['running', initialized('True')],
  ])('is told as %s', async (state, status) => {
    putNode()
    const uid = putClaim({ status })
    putClaim({ name: 'other', status: { providerID: 'aws:///us-east-1a/i-0123456789abcdef1' } })
    expect(await remedy().describe(target)).toEqual({
      instance_id: uid,
      state,
      group: { kind: 'node_pool', name: 'gpu' },
      started_at: '2026-01-01T00:00:00Z',
      seen_at: now,
    })
  })

  it('is gone with its node, and where another node has the name', async () => {
    const gone = { instance_id: null, state: 'gone', group: null }
    expect(await remedy().describe(target)).toMatchObject(gone)
    putNode({ id: 'aws:///us-east-1a/i-0123456789abcdef1' })
    expect(await remedy().describe(target)).toMatchObject(gone)
  })

  it('is deleted once, and its node carries the number of the action', async () => {
    putNode({ fence: '6' })
    const uid = putClaim()
    expect(await remedy().replace(order(uid))).toBe('accepted')
    expect(claimNow()?.metadata.deletionTimestamp).toBeDefined()
    expect((await cluster.list(kinds.node))[0]?.metadata.annotations).toEqual({ 'gridgate.io/fence': '7' })
    expect(await remedy().describe(target)).toMatchObject({ instance_id: uid, state: 'ending' })

    const before = cluster.objects()
    expect(await remedy().replace(order(uid))).toBe('already')
    expect(cluster.objects()).toEqual(before)
  })

  it('that is gone, or another one by now, was replaced before', async () => {
    expect(await remedy().replace(order('gone'))).toBe('already')
    putNode()
    putClaim()
    const before = cluster.objects()
    expect(await remedy().replace(order('another'))).toBe('already')
    expect(cluster.objects()).toEqual(before)
  })

  it('that goes in the very moment was replaced before', async () => {
    putNode()
    const uid = putClaim()
    cluster.remove = () => Promise.reject(new GridError('kube.conflict', 'another UID'))
    expect(await remedy().replace(order(uid))).toBe('already')
    cluster.remove = async () => false
    expect(await remedy().replace(order(uid))).toBe('already')
  })
})

describe('an order', () => {
  it.each<[string, string, () => unknown, Partial<RemedyOrder>]>([
    ['of a NodePool that is not allowed', 'provider.not_allowed', () => putClaim({ pool: 'other' }), {}],
    ['of no NodePool', 'provider.not_allowed', () => putClaim({ pool: null }), {}],
    ['for a node without a provider id', 'provider.unsupported', () => putClaim(), { provider_id: null }],
    ['for a node that Karpenter did not make', 'provider.unsupported', () => undefined, {}],
    ['for a NodeClaim of another node', 'provider.unsupported', () => putClaim({ status: { nodeName: 'gpu-2' } }), {}],
    ['for a node of two NodeClaims', 'provider.refused', () => [putClaim(), putClaim({ name: 'second' })], {}],
    ['of an earlier action', 'action.fenced', () => putClaim(), { fence: 5 }],
  ])('%s fails with %s and changes nothing', async (_, code, setup, given) => {
    putNode({ fence: '6' })
    setup()
    const uid = claimNow()?.metadata.uid ?? 'none'
    const before = cluster.objects()
    await expect(remedy().replace(order(uid, given))).rejects.toMatchObject({ code })
    expect(cluster.objects()).toEqual(before)
  })

  it('without its node is left to Karpenter', async () => {
    const uid = putClaim()
    const before = cluster.objects()
    await expect(remedy().replace(order(uid))).rejects.toMatchObject({ code: 'provider.refused' })
    expect(cluster.objects()).toEqual(before)
  })

  it('to reboot is refused in words', async () => {
    await expect(remedy().reboot(order('any'))).rejects.toThrow(/does not reboot, it only replaces: node gpu-1/)
  })

  it('where there is no Karpenter is not possible', async () => {
    cluster = new MemoryCluster([kinds.node])
    await expect(remedy().describe(target)).rejects.toMatchObject({ code: 'provider.unsupported' })
  })

  it('whose answer is lost is unclear; a look that is lost is not', async () => {
    putNode()
    const uid = putClaim()
    cluster.remove = () => Promise.reject(new GridError('kube.unreachable', 'no answer'))
    await expect(remedy().replace(order(uid))).rejects.toMatchObject({ code: 'provider.unclear' })
    cluster.page = () => Promise.reject(new GridError('kube.unreachable', 'no answer'))
    await expect(remedy().replace(order(uid))).rejects.toMatchObject({ code: 'provider.unreachable' })
  })
})
