import { describe, expect, it } from 'vitest'
import { Cluster } from '../cluster/cluster.ts'
import { newClusterSystem } from '../cluster/cluster-system.ts'
import type { ControllerCall } from '../controller/controller-client.ts'
import { type ErrorCode, GridError } from '../errors.ts'
import type { Json } from '../json.ts'
import { instancesOf } from './controller-instances.ts'
import type { InstanceView } from './instances.ts'
import type { ProviderEntry } from './provider-settings.ts'

const cluster = Cluster.parse({ id: 'west-1', regionId: 'eu', nodes: { count: 0 } })
const stored = { cluster, system: newClusterSystem, version: 1 }
const ec2Id = 'aws:///us-west-2a/i-0123456789abcdef0'
const target = { node_name: 'n1', provider_id: ec2Id, region: 'us-west-2', action: 'task-a' }
const order = { ...target, instance_id: 'uid-1' }
const view: InstanceView = {
  instance_id: 'uid-1',
  state: 'running',
  group: { kind: 'node_pool', name: 'gpu' },
  started_at: null,
  seen_at: '2026-01-02T10:00:00.000Z',
}
const karpenter = { kind: 'karpenter', allow: ['gpu'] }
const clusterApi = { kind: 'cluster_api', allow: ['fleet'] }
const ec2 = { kind: 'ec2', allow: ['111122223333'] }
const gce = { kind: 'gce', allow: ['my-project'] }

function asking(entries: readonly ProviderEntry[], answer: Json | GridError = { ...view }) {
  const calls: ControllerCall[] = []
  const opened: (readonly ProviderEntry[])[] = []
  const ports = {
    controllers: {
      async call(_: unknown, call: ControllerCall) {
        calls.push(call)
        if (answer instanceof GridError) throw answer
        return answer
      },
    },
    instances: {
      open(given: readonly ProviderEntry[]) {
        opened.push(given)
        const done = async () => 'accepted' as const
        return { describe: async () => view, reboot: done, replace: done }
      },
    },
  }
  return { calls, opened, instances: instancesOf(ports, stored, entries, 7) }
}

describe('the instance of a node', () => {
  it.each([
    ['the only entry', [karpenter], 'karpenter'],
    ['the first entry', [clusterApi, ec2], 'cluster_api'],
    ['the first for its kind', [gce, karpenter, ec2], 'karpenter'],
    ['before an address', [{ kind: 'webhook', allow: ['https://x.example/'] }, karpenter], 'karpenter'],
  ])('is asked from the controller by %s', async (_, entries, kind) => {
    const { calls, opened, instances } = asking(entries)
    expect(await instances.describe(target)).toEqual(view)
    expect(calls).toMatchObject([{ part: 'controller', method: 'POST', path: '/failover/instance', body: { kind } }])
    expect(opened).toEqual([])
  })

  it.each([
    ['its own kind comes first', [ec2, karpenter]],
    ['nothing is set', []],
    ['others are set', [gce]],
  ])('is asked from its provider where %s', async (_, entries) => {
    const { calls, opened, instances } = asking(entries)
    expect(await instances.describe(target)).toEqual(view)
    expect(await instances.replace(order, 'k')).toBe('accepted')
    expect([calls, opened]).toEqual([[], [entries, entries]])
  })

  it('is asked by its own kind, node for node', async () => {
    const { calls, opened, instances } = asking([ec2, karpenter])
    await instances.describe({ ...target, provider_id: 'kind://docker/kind/worker' })
    expect([calls.length, opened.length]).toEqual([1, 0])
  })

  it.each([
    ['names none', { kind: 'karpenter', allow: [] }],
    ['names all', { kind: 'karpenter', allow: ['*'] }],
  ])('is not asked where the allow list %s', async (_, entry) => {
    const { calls, instances } = asking([entry])
    await expect(instances.describe(target)).rejects.toMatchObject({ code: 'provider.unconfigured' })
    await expect(instances.replace(order, 'k')).rejects.toMatchObject({ code: 'provider.unconfigured' })
    expect(calls).toEqual([])
  })
})

describe('an order to the controller', () => {
  it('names the node, the machine, the action and its number', async () => {
    const { calls, instances } = asking([karpenter], { outcome: 'already' })
    expect(await instances.replace(order, 'k')).toBe('already')
    expect(await instances.reboot(order, 'k')).toBe('already')
    const common = {
      kind: 'karpenter',
      allow: ['gpu'],
      action: 'task-a',
      fence: 7,
      node_name: 'n1',
      provider_id: ec2Id,
      instance_id: 'uid-1',
    }
    expect(calls.map(({ body }) => body)).toEqual([
      { do: 'replace', ...common },
      { do: 'reboot', ...common },
    ])
  })

  it.each<[ErrorCode, ErrorCode, ErrorCode]>([
    ['provider.refused', 'provider.refused', 'provider.refused'],
    ['provider.unclear', 'provider.unclear', 'provider.unclear'],
    ['action.fenced', 'action.fenced', 'action.fenced'],
    ['cluster.no_controller', 'provider.unconfigured', 'provider.unconfigured'],
    ['route.not_found', 'provider.unsupported', 'provider.unsupported'],
    ['request.invalid', 'provider.refused', 'provider.refused'],
    ['address.refused', 'provider.refused', 'provider.refused'],
    ['controller.unreachable', 'provider.unreachable', 'provider.unclear'],
    ['controller.too_slow', 'provider.unreachable', 'provider.unclear'],
    ['controller.failed', 'provider.unreachable', 'provider.unclear'],
    ['internal', 'provider.unreachable', 'provider.unclear'],
  ])('that fails with %s is told as %s for a look, and as %s for an order', async (code, looked, ordered) => {
    const { instances } = asking([karpenter], new GridError(code, 'it failed'))
    await expect(instances.describe(target)).rejects.toMatchObject({ code: looked })
    await expect(instances.replace(order, 'k')).rejects.toMatchObject({ code: ordered })
    await expect(instances.reboot(order, 'k')).rejects.toMatchObject({ code: ordered })
  })

  it('whose answer makes no sense is unclear', async () => {
    const { instances } = asking([karpenter], { outcome: 'perhaps' })
    await expect(instances.replace(order, 'k')).rejects.toMatchObject({ code: 'provider.unclear' })
  })
})
