import { NodeId } from '@gridgate/core/cluster/cluster-node'
import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryCluster } from './memory-cluster.ts'
import { cordonAnnotation, cordonHolder, cordonNode, findNode, labelNode, removeNode, uncordonNode } from './nodes.ts'
import type { KubernetesObject } from './object.ts'

const nodeOf = (name: string, labels: Record<string, string> = {}, spec: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
  spec,
})
const id = NodeId.parse('rack-1')
const worker = { apiVersion: 'v1', kind: 'Node', name: 'worker-1' }
const mark = (taskId: string, fence?: number) => ({ taskId, ...(fence === undefined ? {} : { fence }) })
let cluster: MemoryCluster

beforeEach(() => {
  cluster = new MemoryCluster()
})

/** The node as it is now. */
const now = async (name = 'worker-1'): Promise<KubernetesObject> =>
  (await cluster.get({ apiVersion: 'v1', kind: 'Node', name })) as KubernetesObject

describe('a node', () => {
  it('is found by its label before its name', async () => {
    cluster.put(nodeOf('rack-1'))
    cluster.put(nodeOf('worker-1', { nodeID: 'rack-1' }))
    expect((await findNode(cluster, 'rack-1'))?.metadata.name).toBe('worker-1')
  })

  it('is found by its name where it has no label', async () => {
    cluster.put(nodeOf('rack-1'))
    expect((await findNode(cluster, 'rack-1'))?.metadata.name).toBe('rack-1')
    expect(await findNode(cluster, 'rack-2')).toBeNull()
  })

  it('is not found by its name where it is labelled as another one', async () => {
    cluster.put(nodeOf('rack-1', { nodeID: 'rack-9' }))
    expect(await findNode(cluster, 'rack-1')).toBeNull()
  })

  it('is never guessed where two carry the label', async () => {
    cluster.put(nodeOf('worker-1', { nodeID: 'rack-1' }))
    cluster.put(nodeOf('worker-2', { nodeID: 'rack-1' }))
    await expect(findNode(cluster, 'rack-1')).rejects.toMatchObject({
      code: 'node.exists',
      details: { names: ['worker-1', 'worker-2'] },
    })
  })
})

describe('the label nodeID', () => {
  it('is set once', async () => {
    const node = cluster.put(nodeOf('worker-1', { other: 'stays' }))
    await labelNode(cluster, node, id)
    const { metadata } = await now()
    expect(metadata.labels).toEqual({ other: 'stays', nodeID: 'rack-1' })
    await labelNode(cluster, await now(), id)
    expect((await now()).metadata.resourceVersion).toBe(metadata.resourceVersion)
  })

  it('is never overwritten, also where somebody set it in between', async () => {
    const stale = cluster.put(nodeOf('worker-1'))
    await cluster.merge({ apiVersion: 'v1', kind: 'Node', name: 'worker-1' }, { metadata: { labels: { nodeID: 'b' } } })
    const before = await now()
    await expect(labelNode(cluster, stale, id)).rejects.toMatchObject({ code: 'node.not_in_cluster' })
    expect(await now()).toEqual(before)
  })
})

describe('a cordon', () => {
  it('is marked with its task, and taken back by that task only', async () => {
    const node = cluster.put(nodeOf('worker-1'))
    expect(cordonHolder((await cordonNode(cluster, node, mark('task-a'))).node)).toBe('task-a')
    await uncordonNode(cluster, await now(), mark('task-b'))
    expect(await now()).toMatchObject({ spec: { unschedulable: true } })
    await uncordonNode(cluster, await now(), mark('task-a'))
    expect([(await now()).spec, (await now()).metadata.annotations]).toEqual([{}, {}])
  })

  it.each([
    ['a person', {}],
    ['another task', { [cordonAnnotation]: 'task-z' }],
  ])('of %s stays theirs', async (_who, annotations) => {
    const theirs = nodeOf('worker-1', {}, { unschedulable: true })
    const node = cluster.put({ ...theirs, metadata: { ...theirs.metadata, annotations } })
    await cordonNode(cluster, node, mark('task-a'))
    await uncordonNode(cluster, node, mark('task-a'))
    expect(await now()).toEqual(node)
  })

  it('that a person took back is none, though our mark is still there', async () => {
    const open = nodeOf('worker-1')
    const node = cluster.put({ ...open, metadata: { ...open.metadata, annotations: { [cordonAnnotation]: 'task-a' } } })
    expect(cordonHolder(node)).toBeNull()
    await uncordonNode(cluster, node, mark('task-a'))
    expect(await now()).toEqual(node)
  })

  it('that a person holds stays after its task', async () => {
    const node = cluster.put(nodeOf('worker-1'))
    await cordonNode(cluster, node, mark('task-a'))
    await cluster.merge(worker, { metadata: { annotations: { 'gridgate/hold': 'inspecting' } } })
    const before = await now()
    expect((await uncordonNode(cluster, before, mark('task-a'))).outcome).toBe('held')
    expect(await now()).toEqual(before)
  })

  it('of an action that lost its target is refused, also its end', async () => {
    const node = cluster.put(nodeOf('worker-1'))
    expect((await cordonNode(cluster, node, mark('late', 8))).outcome).toBe('cordoned')
    await uncordonNode(cluster, await now(), mark('late', 8))
    const before = await now()
    expect(before.metadata.annotations).toEqual({ 'gridgate.io/fence': '8' })
    await expect(cordonNode(cluster, before, mark('early', 7))).rejects.toMatchObject({ code: 'action.fenced' })
    await expect(cordonNode(cluster, node, mark('early', 7))).rejects.toMatchObject({ code: 'action.fenced' })
    await expect(uncordonNode(cluster, before, mark('early', 7))).rejects.toMatchObject({ code: 'action.fenced' })
    expect(await now()).toEqual(before)
  })

  it('is not laid on a later node of the same name', async () => {
    const old = cluster.put(nodeOf('worker-1'))
    cluster.put({ ...nodeOf('worker-1'), metadata: { name: 'worker-1', uid: 'another' } })
    await expect(cordonNode(cluster, old, mark('task-a'))).rejects.toMatchObject({ code: 'node.not_found' })
    expect((await now()).spec).toEqual({})
  })
})

describe('a removal', () => {
  it('takes this very node and never its successor', async () => {
    const old = cluster.put(nodeOf('worker-1'))
    cluster.put({ ...nodeOf('worker-1'), metadata: { name: 'worker-1', uid: 'another' } })
    await expect(removeNode(cluster, old)).rejects.toMatchObject({ code: 'kube.conflict' })
    expect(await removeNode(cluster, await now())).toBe(true)
    cluster.settle()
    expect(await removeNode(cluster, old)).toBe(false)
  })
})
