import { randomUUID } from 'node:crypto'
import { Cluster, type ClusterId } from '@gridgate/core/cluster/cluster'
import type { ClusterStore } from '@gridgate/core/cluster/cluster-store'
import { expect, it } from 'vitest'
import { clusterIsOpen, clusterStore } from './cluster-store.ts'
import { describeOnEveryStore, isDynamoDbElsewhere } from './contract.ts'
import { ConditionFailed, type Item, type Store } from './store.ts'
import { keys } from './table.ts'

const id = 'west-1' as ClusterId
const ids = { next: () => randomUUID() }

const clusterWith = (nodes: object[] | undefined, more: object = {}): Cluster =>
  Cluster.parse({
    id,
    regionId: 'us-west-2',
    nodes: { count: nodes?.length ?? 7, ...(nodes ? { nodeData: nodes } : {}), kept: true },
    memory: 12.5,
    anything: { goes: ['here', null] },
    ...more,
  })

const manyNodes = (count: number, more: object = {}): object[] =>
  Array.from({ length: count }, (_, index) => ({ id: `node-${index}`, memory: index, ...more }))

const partition = async (store: Store): Promise<Item[]> =>
  (await store.query({ from: { pk: keys.cluster(id).pk } })).items

const nodeRows = async (store: Store): Promise<Item[]> =>
  (await partition(store)).filter(({ sk }) => sk.startsWith('NODE#'))

const replaceNodes = async (clusters: ClusterStore, nodes: object[]): Promise<number> => {
  const before = await clusters.find(id)
  return (await clusters.replace(clusterWith(nodes), before?.version ?? 0)).version
}

describeOnEveryStore('cluster store', (open) => {
  it.each([
    ['several nodes', [{ id: 'node-10', a: 1 }, { id: 'node-2' }, { id: 'A.b_c' }]],
    ['no nodes', []],
    ['no list of nodes', undefined],
  ])('gives back a document with %s as it was, nodes in their order', async (_, nodes) => {
    const clusters = clusterStore(await open(), ids)
    const cluster = clusterWith(nodes)
    const created = await clusters.create(cluster)
    expect(created).toMatchObject({ cluster, version: 1, system: { infra: { state: 'absent' } } })
    expect(await clusters.find(id)).toEqual(created)
    const text = await clusters.readText(id)
    expect(JSON.parse(text?.json ?? '')).toEqual(cluster)
    expect(text?.version).toBe(1)
  })

  it('knows nothing of a cluster that is not there', async () => {
    const clusters = clusterStore(await open(), ids)
    expect(await clusters.find(id)).toBeNull()
    expect(await clusters.readText(id)).toBeNull()
    const absent = { code: 'cluster.not_found' }
    await expect(clusters.replace(clusterWith([]), 1)).rejects.toMatchObject(absent)
    await expect(clusters.writeSystem(id, 1, {})).rejects.toMatchObject(absent)
    await expect(clusters.remove(id, 1)).rejects.toMatchObject(absent)
  })

  it('registers an id once, also when many try at the same time', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    const tries = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) => clusters.create(clusterWith([{ id: 'n', winner: index }]))),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(tries.filter((tried) => tried.status === 'rejected').map(({ reason }) => reason.code)).toEqual(
      Array.from({ length: 5 }, () => 'cluster.exists'),
    )
    expect(await nodeRows(store)).toHaveLength(1)
  })

  it('writes only the nodes that differ, and keeps their order', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith(manyNodes(5)))
    const before = await nodeRows(store)
    const nodes = [...manyNodes(5).slice(1), { id: 'a-new-one' }]
    nodes[1] = { id: 'node-2', memory: 99 }
    expect(await replaceNodes(clusters, nodes)).toBe(2)
    expect((await clusters.find(id))?.cluster.nodes.nodeData).toEqual(nodes)
    const untouched = (await nodeRows(store)).filter((row) => before.some((old) => old.json === row.json))
    expect(untouched.map(({ version }) => version)).toEqual([1, 1, 1])
  })

  it.each([
    ['reversed', manyNodes(5).toReversed()],
    ['all new', [{ id: 'x' }, { id: 'y' }]],
    ['emptied', []],
    ['grown beyond one transaction', manyNodes(120)],
  ])('replaces nodes that are %s', async (_, nodes) => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith(manyNodes(5)))
    await replaceNodes(clusters, nodes)
    expect((await clusters.find(id))?.cluster.nodes.nodeData).toEqual(nodes)
    expect(await nodeRows(store)).toHaveLength(nodes.length)
  })

  it('leaves no node behind when a document no longer lists nodes', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith(manyNodes(120)))
    await clusters.replace(clusterWith(undefined), 1)
    expect((await clusters.find(id))?.cluster).toEqual(clusterWith(undefined))
    expect(await nodeRows(store)).toEqual([])
  })

  it('replaces the version that was named or nothing', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith(manyNodes(2)))
    const before = await partition(store)
    for (const nodes of [manyNodes(3), manyNodes(150)])
      await expect(clusters.replace(clusterWith(nodes), 2)).rejects.toMatchObject({ code: 'cluster.changed' })
    expect(await partition(store)).toEqual(before)
  })

  it('lets one of two racing writers win, however many nodes they write', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith(manyNodes(1)))
    const [a, b] = [manyNodes(130, { by: 'a' }), manyNodes(130, { by: 'b' })]
    const tries = await Promise.allSettled([clusters.replace(clusterWith(a), 1), clusters.replace(clusterWith(b), 1)])
    const refused = tries.filter((tried) => tried.status === 'rejected')
    expect(refused.map(({ reason }) => reason.code)).toEqual(['cluster.changed'])
    const now = await clusters.find(id)
    expect(now?.version).toBe(2)
    expect([a, b]).toContainEqual(now?.cluster.nodes.nodeData)
    expect(await nodeRows(store)).toHaveLength(130)
  })

  it('never shows a document whose nodes belong to another one', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    const sets = [1, 2, 3, 4].map((count) => manyNodes(count * 40, { set: count }))
    await clusters.create(clusterWith(sets[0]))
    let writing = true
    const writer = (async () => {
      for (const nodes of sets.slice(1)) await replaceNodes(clusters, nodes)
      writing = false
    })()
    while (writing) {
      const seen = await clusters.find(id).catch(() => null)
      if (seen) expect(sets).toContainEqual(seen.cluster.nodes.nodeData)
    }
    await writer
  })

  it('reads again when the rows do not add up, and says so when they never do', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith(manyNodes(2)))
    const [row] = await nodeRows(store)
    await store.write({ put: { ...(row as Item), version: 9 } })
    await expect(clusters.find(id)).rejects.toMatchObject({ code: 'service.unavailable' })
  })

  it('sweeps what a crash left behind with the next write', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith(manyNodes(2)))
    await store.write({ put: { ...keys.node(id, '000000000002-crashed', 'n'), json: '{}', at: 0, version: 2 } })
    await store.write({ put: { ...keys.node(id, '000000000009-begun', 'n'), json: '{}', at: 0, version: 9 } })
    expect((await clusters.find(id))?.cluster.nodes.nodeData).toHaveLength(2)
    await replaceNodes(clusters, manyNodes(3))
    const left = (await nodeRows(store)).map(({ sk }) => sk)
    expect(left.filter((sk) => sk.includes('crashed'))).toEqual([])
    expect(left.filter((sk) => sk.includes('begun'))).toHaveLength(1) // a later writer may be at work on it
  })

  it('keeps what the system writes beside the document, and the address map inside', async () => {
    const clusters = clusterStore(await open(), ids)
    const cluster = clusterWith(manyNodes(2), { config: { useGateway: true } })
    await clusters.create(cluster)
    const infra = { state: 'present', taskId: 't1', changedAt: '2030-01-01T00:00:00.000Z' } as const
    const urlMap = { controllerService: 'http://west:32300' }
    const written = await clusters.writeSystem(id, 1, { infra, urlMap, clusterUid: 'uid-1' })
    expect(written).toMatchObject({ version: 2, system: { infra, clusterUid: 'uid-1', controller: null } })
    const found = await clusters.find(id)
    expect(found?.cluster).toEqual({ ...cluster, config: { useGateway: true, urlMap } })
    expect(found?.system).toEqual({
      infra,
      clusterUid: 'uid-1',
      controller: null,
      controllerKey: null,
      isAdopted: false,
      built: null,
    })

    await clusters.replace({ ...cluster, config: { urlMap } }, 2)
    expect((await clusters.find(id))?.system.clusterUid).toBe('uid-1')
    await clusters.writeSystem(id, 3, { urlMap: null })
    expect((await clusters.find(id))?.cluster.config).toEqual({})
    await expect(clusters.writeSystem(id, 3, { urlMap: null })).rejects.toMatchObject({ code: 'cluster.changed' })
  })

  it('lists clusters in the order of their ids, without their nodes, in pages', async () => {
    const clusters = clusterStore(await open(), ids)
    for (const name of ['c', 'a', 'b']) await clusters.create({ ...clusterWith(manyNodes(2)), id: name as ClusterId })
    const first = await clusters.list({ after: null, limit: 2 })
    expect(first.items.map(({ cluster }) => [cluster.id, cluster.nodes])).toEqual([
      ['a', { count: 2, kept: true }],
      ['b', { count: 2, kept: true }],
    ])
    const second = await clusters.list({ after: first.nextCursor, limit: 2 })
    expect(second.items.map(({ cluster }) => cluster.id)).toEqual(['c'])
    expect(second.nextCursor).toBeNull()
  })

  it('removes a cluster with all its nodes, and never gives a version out again', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith(manyNodes(120)))
    await expect(clusters.remove(id, 2)).rejects.toMatchObject({ code: 'cluster.changed' })
    await clusters.remove(id, 1)
    expect(await clusters.find(id)).toBeNull()
    expect((await clusters.list({ after: null, limit: 10 })).items).toEqual([])
    expect((await partition(store)).map(({ sk }) => sk)).toEqual(['REMOVED'])
    const again = await clusters.create(clusterWith(manyNodes(1)))
    expect(again.version).toBeGreaterThan(2)
    await clusters.remove(id, again.version)
    expect((await clusters.create(clusterWith([]))).version).toBeGreaterThan(again.version)
  })

  const { pk } = keys.cluster(id)
  it.each([
    { pk, sk: 'BLOCK#b-1' },
    { pk, sk: 'VDAG#v-1' },
    keys.lock('infra', id),
  ])('keeps a cluster that $sk depends on, and leaves it open', async (key) => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith(manyNodes(1)))
    await store.write({ put: { ...key, task_id: 't-1' } }, clusterIsOpen(id))
    await expect(clusters.remove(id, 1)).rejects.toMatchObject({ code: 'cluster.in_use' })
    expect((await clusters.find(id))?.cluster).toEqual(clusterWith(manyNodes(1)))
    await store.write({ put: { pk, sk: 'BLOCK#b-2' } }, clusterIsOpen(id))
    expect((await clusters.dependants(id)).blockIds).toContain('b-2')
  })

  it('lets nothing be added to a cluster whose removal was interrupted, until the next write opens it', async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    await clusters.create(clusterWith([]))
    const row = await store.get(keys.cluster(id))
    await store.write({ put: { ...(row as Item), open: false } })
    const block = { put: { pk: keys.cluster(id).pk, sk: 'BLOCK#b' } }
    await expect(store.write(block, clusterIsOpen(id))).rejects.toThrow(ConditionFailed)
    await replaceNodes(clusters, [])
    await store.write(block, clusterIsOpen(id))
    await expect(store.write(block, clusterIsOpen('east-1'))).rejects.toThrow(ConditionFailed)
  })

  it.each([
    ['a document of more than one item', clusterWith([], { note: 'x'.repeat(400_000) })],
    ['a node of more than one item', clusterWith([{ id: 'n', note: 'x'.repeat(400_000) }])],
    ['more than a reply can carry', clusterWith(manyNodes(20, { note: 'x'.repeat(300_000) }))],
  ])('refuses %s and stores nothing of it', async (_, cluster) => {
    const store = await open()
    await expect(clusterStore(store, ids).create(cluster)).rejects.toMatchObject({ code: 'cluster.too_large' })
    expect(await partition(store)).toEqual([])
  })

  const many = isDynamoDbElsewhere ? 200 : 2000
  it(`keeps ${many} nodes of 2 KB`, async () => {
    const store = await open()
    const clusters = clusterStore(store, ids)
    const cluster = clusterWith(manyNodes(many, { note: 'x'.repeat(1950) }))
    await clusters.create(cluster)
    const found = await clusters.find(id)
    expect(found?.cluster.nodes.nodeData).toHaveLength(many)
    await clusters.replace(clusterWith(manyNodes(many, { note: 'y'.repeat(1950) })), 1)
    await clusters.remove(id, 2)
    expect(await nodeRows(store)).toEqual([])
  })
})
