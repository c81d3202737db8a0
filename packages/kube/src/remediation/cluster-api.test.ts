import { GridError } from '@gridgate/core/errors'
import { beforeEach, describe, expect, it } from 'vitest'
import { kinds } from '../kinds.ts'
import { MemoryCluster } from '../memory-cluster.ts'
import type { KubernetesObject } from '../object.ts'
import { clusterApi } from './cluster-api.ts'
import { openRemedy, type RemedyOrder } from './machine-system.ts'

const group = 'cluster.x-k8s.io'
const mark = `${group}/remediate-machine`
const providerId = 'metal3://metal/host-1/west-md-1'
const now = '2026-01-02T10:00:00.000Z'
const clock = { now: () => new Date(now) }
const target = { node_name: 'worker-1', provider_id: providerId }
const owner = { apiVersion: `${group}/v1beta2`, kind: 'MachineSet', name: 'west-md', uid: 'ms', controller: true }
let cluster: MemoryCluster
let uid: string
const remedy = (allow = ['fleet']) => openRemedy(clusterApi, { client: cluster, clock, allow })

interface Given {
  metadata?: object
  annotations?: Record<string, string>
  status?: object
  spec?: object
}

const putNode = (annotations: Record<string, string> = {}): KubernetesObject =>
  cluster.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: 'worker-1',
      annotations: { [`${group}/machine`]: 'west-md-1', [`${group}/cluster-namespace`]: 'fleet', ...annotations },
    },
    spec: { providerID: providerId },
  })
function putMachine(
  { metadata = {}, annotations = {}, status = {}, spec = {} }: Given = {},
  kind = kinds.machine,
): void {
  const stored = cluster.put({
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      name: 'west-md-1',
      namespace: 'fleet',
      uid: 'machine-1',
      labels: { [`${group}/cluster-name`]: 'west' },
      creationTimestamp: '2026-01-01T00:00:00Z',
      ownerReferences: [owner],
      annotations,
      ...metadata,
    },
    spec: { clusterName: 'west', providerID: providerId, ...spec },
    status: { phase: 'Running', nodeRef: { name: 'worker-1' }, ...status },
  })
  uid = stored.metadata.uid ?? ''
}
function putCheck(
  { metadata = {}, annotations = {}, spec = {}, status = {} }: Given = {},
  kind = kinds.machineHealthCheck,
) {
  cluster.put({
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: { name: 'west-check', namespace: 'fleet', annotations, ...metadata },
    spec: { clusterName: 'west', selector: {}, ...spec },
    status,
  })
}
const order = (given: Partial<RemedyOrder> = {}): RemedyOrder => ({
  ...target,
  instance_id: uid,
  action: 'task-a',
  fence: 7,
  ...given,
})
const machineNow = () => cluster.objects().find(({ kind }) => kind === 'Machine')

beforeEach(() => {
  cluster = new MemoryCluster()
  putNode({ 'gridgate.io/fence': '6' })
})

describe('the Machine of a node', () => {
  it.each([
    ['running', { phase: 'Running' }],
    ['starting', { phase: 'Provisioned' }],
    ['ending', { phase: 'Deleting' }],
    ['unknown', { phase: 'Failed' }],
    ['unknown', {}],
  ])('is told as %s', async (state, status) => {
    putMachine({ status: { phase: undefined, ...status } })
    expect(await remedy().describe(target)).toEqual({
      instance_id: uid,
      state,
      group: { kind: 'machine_set', name: 'west-md' },
      started_at: '2026-01-01T00:00:00Z',
      seen_at: now,
    })
  })

  it('is found without its node, and gone with it', async () => {
    putMachine()
    const node = await cluster.get({ apiVersion: 'v1', kind: 'Node', name: 'worker-1' })
    await cluster.remove({ apiVersion: 'v1', kind: 'Node', name: 'worker-1' }, { uid: node?.metadata.uid ?? '' })
    cluster.settle()
    expect(await remedy().describe(target)).toMatchObject({ instance_id: uid, state: 'running' })
    await expect(remedy().replace(order())).rejects.toMatchObject({ code: 'provider.refused' })
    await cluster.remove({ ...kinds.machine, namespace: 'fleet', name: 'west-md-1' }, { uid })
    cluster.settle()
    expect(await remedy().describe(target)).toMatchObject({ instance_id: null, state: 'gone' })
    expect(await remedy().replace(order())).toBe('already')
  })

  it.each([
    ['v1beta2', kinds.machine, kinds.machineHealthCheck],
    ['v1beta1', kinds.machineV1Beta1, kinds.machineHealthCheckV1Beta1],
  ])('is marked once in %s, and its node carries the number of the action', async (_, machine, check) => {
    cluster = new MemoryCluster([kinds.node, machine, check])
    putNode({ 'gridgate.io/fence': '6' })
    putMachine({}, machine)
    putCheck({}, check)
    expect(await remedy().replace(order())).toBe('accepted')
    expect(machineNow()?.metadata.annotations).toEqual({ [mark]: 'task-a' })
    expect((await cluster.list(kinds.node))[0]?.metadata.annotations?.['gridgate.io/fence']).toBe('7')
    expect(await remedy().describe(target)).toMatchObject({ instance_id: uid, state: 'ending' })

    const before = cluster.objects()
    expect(await remedy().replace(order({ action: 'task-b' }))).toBe('already')
    expect(cluster.objects()).toEqual(before)
  })

  it('that another one has followed was replaced before', async () => {
    putMachine()
    putCheck()
    const before = cluster.objects()
    expect(await remedy().replace(order({ instance_id: 'the one before' }))).toBe('already')
    expect(cluster.objects()).toEqual(before)
  })

  it('that changes meanwhile is looked at again', async () => {
    putMachine()
    putCheck()
    const merge = cluster.merge.bind(cluster)
    cluster.merge = (reference, patch) => {
      if (reference.kind === 'Machine' && machineNow()?.metadata.annotations?.[mark] === undefined)
        putMachine({ annotations: { [mark]: '' } })
      return merge(reference, patch)
    }
    expect(await remedy().replace(order())).toBe('already')
    expect(machineNow()?.metadata.annotations).toEqual({ [mark]: '' })
  })
})

const inControlPlane = { [`${group}/cluster-name`]: 'west', [`${group}/control-plane`]: '' }

describe('an order', () => {
  it.each<[string, string, () => unknown, Partial<RemedyOrder>]>([
    ['for a Machine of another namespace', 'provider.not_allowed', () => putMachine(), {}],
    ['for a node that names no Machine', 'provider.unsupported', () => putNode({ [`${group}/machine`]: '' }), {}],
    ['for a node without a provider id', 'provider.unsupported', () => putMachine(), { provider_id: null }],
    ['for a Machine that is elsewhere', 'provider.refused', () => undefined, {}],
    [
      'for a Machine that has another node',
      'provider.refused',
      () => putMachine({ status: { nodeRef: { name: 'worker-2' } } }),
      {},
    ],
    [
      'for a Machine that has another provider id',
      'provider.refused',
      () => putMachine({ spec: { providerID: 'metal3://metal/host-2/x' } }),
      {},
    ],
    ['for the control plane', 'provider.refused', () => putMachine({ metadata: { labels: inControlPlane } }), {}],
    [
      'for a Machine of a KubeadmControlPlane',
      'provider.refused',
      () => putMachine({ metadata: { ownerReferences: [{ ...owner, kind: 'KubeadmControlPlane' }] } }),
      {},
    ],
    ['for a Machine of nobody', 'provider.refused', () => putMachine({ metadata: { ownerReferences: [] } }), {}],
    [
      'for a Machine to be left alone',
      'provider.refused',
      () => putMachine({ annotations: { [`${group}/skip-remediation`]: '' } }),
      {},
    ],
    ['of an earlier action', 'action.fenced', () => putMachine(), { fence: 5 }],
  ])('%s fails with %s and changes nothing', async (when, code, setup, given) => {
    putCheck()
    setup()
    const allow = when.includes('namespace') ? ['other'] : ['fleet']
    const before = cluster.objects()
    await expect(remedy(allow).replace(order(given))).rejects.toMatchObject({ code })
    expect(cluster.objects()).toEqual(before)
  })

  it.each<[string, string, Given | null]>([
    ['there is none', 'provider.refused', null],
    ['it is of another cluster', 'provider.refused', { spec: { clusterName: 'east' } }],
    ['it is of other Machines', 'provider.refused', { spec: { selector: { matchLabels: { pool: 'x' } } } }],
    ['it is in another namespace', 'provider.refused', { metadata: { namespace: 'other' } }],
    ['it is paused', 'provider.refused', { annotations: { [`${group}/paused`]: '' } }],
    ['it hands on to others', 'provider.refused', { spec: { remediation: { templateRef: { name: 'reboot' } } } }],
    ['it hands on to others, in v1beta1', 'provider.refused', { spec: { remediationTemplate: { name: 'reboot' } } }],
    [
      'it allows no more at the moment',
      'provider.throttled',
      { status: { conditions: [{ type: 'RemediationAllowed', status: 'False' }] } },
    ],
  ])('is refused where nobody would act on it: of the health check, %s', async (_, code, check) => {
    putMachine()
    if (check !== null) putCheck(check)
    const before = cluster.objects()
    await expect(remedy().replace(order())).rejects.toMatchObject({ code })
    expect(cluster.objects()).toEqual(before)
  })

  it('where the Machines are kept elsewhere says so', async () => {
    cluster = new MemoryCluster([kinds.node])
    putNode()
    await expect(remedy().describe(target)).rejects.toThrow(/only Cluster API that manages its own cluster/)
  })

  it('to reboot is refused in words', async () => {
    await expect(remedy().reboot(order())).rejects.toThrow(/Cluster API does not reboot/)
  })

  it('whose answer is lost is unclear', async () => {
    putMachine()
    putCheck()
    const merge = cluster.merge.bind(cluster)
    cluster.merge = (reference, patch) =>
      reference.kind === 'Machine'
        ? Promise.reject(new GridError('kube.unreachable', 'no answer'))
        : merge(reference, patch)
    await expect(remedy().replace(order())).rejects.toMatchObject({ code: 'provider.unclear' })
  })
})
