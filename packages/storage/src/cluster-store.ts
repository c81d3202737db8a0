import type { ClusterId } from '@gridgate/core/cluster/cluster'
import type { ClusterStore, Dependants, StoredCluster, SystemChange } from '@gridgate/core/cluster/cluster-store'
import { type ClusterSystem, newClusterSystem } from '@gridgate/core/cluster/cluster-system'
import { GridError } from '@gridgate/core/errors'
import type { Ids } from '@gridgate/core/ports'
import {
  asClusterRow,
  type ClusterRow,
  type ClusterRows,
  changesTo,
  type DocumentText,
  nodesOf,
  textOf,
  toOutline,
  toRow,
  toStored,
  toText,
} from './cluster-store-rows.ts'
import { fitsTogether, newGeneration, nodePrefix, sweepNodes, writeDocument } from './cluster-store-writes.ts'
import { ConditionFailed, type Item, type Key, type Query, type Store, type Write } from './store.ts'
import { keys, lists } from './table.ts'
import { openTurns, standBack } from './turns.ts'

/** Reads of one cluster that may meet a write half done. */
const readsMax = 5
/** Most dependants that are named of one kind. */
const dependantsMax = 1000
const blockPrefix = 'BLOCK#'
const controllerPrefix = 'VDAG#'

/** The registry of clusters on the table: one row per cluster, one per node. */
export function clusterStore(store: Store, ids: Ids): ClusterStore {
  const inTurn = openTurns()
  return {
    inTurn: (id, work) => inTurn(`cluster ${id}`, work),
    standBack,
    requireFits: (cluster) => void toText(cluster),
    async find(id) {
      const rows = await readRows(store, id)
      return rows && toStored(rows)
    },
    async findOutline(id) {
      const found = await store.get(keys.cluster(id))
      return found && toOutline(asClusterRow(found))
    },
    async readText(id) {
      const rows = await readRows(store, id)
      return rows && { json: textOf(rows), version: rows.row.version }
    },
    async create(cluster) {
      const text = toText(cluster)
      const gone = await store.get(keys.removedCluster(cluster.id))
      const version = Number(gone?.version ?? 0) + 1
      const generation = newGeneration(version, ids)
      const changes = changesTo(cluster.id, text.nodes ?? [], [], { generation, version })
      const row = toRow(cluster.id, text, newClusterSystem, version, generation, changes.rows)
      await writeDocument(store, changes, [
        { put: row, when: 'absent' },
        gone
          ? { remove: keys.removedCluster(cluster.id), when: { equals: { version: version - 1 } } }
          : { check: keys.removedCluster(cluster.id), when: 'absent' },
      ]).catch((error: unknown) => {
        throw translated(error, 'cluster.exists', `the cluster ${cluster.id} is already registered`)
      })
      if (gone || !fitsTogether(changes)) await sweepNodes(store, cluster.id, row)
      return { cluster, system: newClusterSystem, version }
    },
    async replace(cluster, version) {
      const text = toText(cluster)
      const before = await readRows(store, cluster.id)
      if (!before) throw notFound(cluster.id)
      refuseOther(before.row, cluster.id, version)
      const { row, system } = await replaceRows(store, before, cluster.id, text, ids)
      return { cluster, system, version: row.version }
    },
    writeSystem: (id, version, change) => writeSystem(store, id, version, change),
    remove: (id, version) => removeCluster(store, id, version),
    async list({ after, limit }) {
      const { items, more } = await store.query({
        from: { list: lists.clusters },
        limit,
        ...(after === null ? {} : { after }),
      })
      return {
        items: items.map((item) => toOutline(asClusterRow(item))),
        nextCursor: more ? (items.at(-1)?.listSk ?? null) : null,
      }
    },
    dependants: (id) => dependantsOf(store, id),
  }
}

/** For the transaction that adds a block or a vDAG controller: the cluster is there and is not being removed. */
export const clusterIsOpen = (id: string): Write => ({ check: keys.cluster(id), when: { equals: { open: true } } })

/** The cluster and its nodes in one read; rows that do not belong together are read again. */
async function readRows(store: Store, id: string): Promise<(ClusterRows & { hasStale: boolean }) | null> {
  for (let attempt = 1; attempt <= readsMax; attempt++) {
    const items = await readPartition(store, id)
    const found = items.find(({ sk }) => sk === keys.cluster(id).sk)
    if (!found) return null
    const row = asClusterRow(found)
    const nodes = nodesOf(id, row.generation, items)
    const versions = nodes.reduce((sum, node) => sum + node.version, 0)
    const hasStale = items.filter(({ sk }) => sk.startsWith(nodePrefix)).length > nodes.length
    if (nodes.length === row.nodeCount && versions === row.nodeVersions) return { row, nodes, hasStale }
  }
  throw new GridError('service.unavailable', `the cluster ${id} changes faster than it can be read`, {
    retryAfterSeconds: 1,
  })
}

/** Everything from the cluster's own row to its last node. */
async function readPartition(store: Store, id: string): Promise<Item[]> {
  const { pk, sk: first } = keys.cluster(id)
  const last = nodePrefix.replace('#', '$') // `$` follows `#`
  const items: Item[] = []
  for (;;) {
    const after = items.at(-1)?.sk
    const page = await store.query({ from: { pk }, between: [first, last], ...(after === undefined ? {} : { after }) })
    items.push(...page.items)
    if (!page.more) return items
  }
}

async function replaceRows(
  store: Store,
  before: ClusterRows & { hasStale: boolean },
  id: string,
  text: DocumentText,
  ids: Ids,
): Promise<{ row: ClusterRow; system: ClusterSystem }> {
  const version = before.row.version + 1
  const { system } = toOutline(before.row)
  const when = { equals: { version: before.row.version } }
  const write = async (generation: string, stored: ClusterRows['nodes']): Promise<ClusterRow | null> => {
    const changes = changesTo(id, text.nodes ?? [], stored, { generation, version })
    const row = toRow(id, text, system, version, generation, changes.rows)
    const written = await writeDocument(store, changes, [{ put: row, when }], generation === before.row.generation)
    return written ? row : null
  }
  try {
    const sameGeneration = before.row.generation === '' ? null : await write(before.row.generation, before.nodes)
    const row = sameGeneration ?? (await write(newGeneration(version, ids), []))
    if (!row) throw new Error('a new generation is always written')
    if (before.hasStale || row.generation !== before.row.generation) await sweepNodes(store, id, row)
    return { row, system }
  } catch (error) {
    throw translated(error, 'cluster.changed', changedMessage(id))
  }
}

async function writeSystem(store: Store, id: ClusterId, version: number, change: SystemChange): Promise<StoredCluster> {
  const before = await readRow(store, id, version)
  const { urlMap, ...changed } = change
  const system = { ...toOutline(before).system, ...changed }
  const text = urlMap === undefined ? before : withUrlMap(before, urlMap)
  const row = {
    ...before,
    head: text.head,
    tail: text.tail,
    system: JSON.stringify(system),
    version: version + 1,
    open: true,
  }
  await store.write({ put: row, when: { equals: { version } } }).catch((error: unknown) => {
    throw translated(error, 'cluster.changed', changedMessage(id))
  })
  return toOutline(row)
}

function withUrlMap(row: ClusterRow, urlMap: Readonly<Record<string, string>> | null): { head: string; tail: string } {
  const cluster = JSON.parse(`${row.head}${row.tail}`) as StoredCluster['cluster']
  const { urlMap: _, ...config } = cluster.config
  return toText({ ...cluster, config: urlMap === null ? config : { ...config, urlMap } })
}

/**
 * First closes the cluster, so that nothing can be added any more, then looks for what was added before, then removes.
 * Interrupted, it leaves a closed cluster, which the next write opens and the next removal removes.
 */
async function removeCluster(store: Store, id: ClusterId, version: number): Promise<void> {
  const before = await readRow(store, id, version)
  const closed = { ...before, open: false, version: version + 1 }
  const changed = (error: unknown): never => {
    throw translated(error, 'cluster.changed', changedMessage(id))
  }
  await store.write({ put: closed, when: { equals: { version } } }).catch(changed)

  const dependants = await dependantsOf(store, id)
  if (!isFree(dependants)) {
    const opened = { ...closed, open: true, version: version + 2 }
    await store.write({ put: opened, when: { equals: { version: closed.version } } }).catch(changed)
    throw inUse(id, dependants)
  }

  await store
    .write(
      { remove: keys.cluster(id), when: { equals: { version: closed.version } } },
      { remove: keys.failover(id) },
      { put: { ...keys.removedCluster(id), version: closed.version } },
    )
    .catch(changed)
  await sweepNodes(store, id, { version: closed.version, generation: '' })
}

async function dependantsOf(store: Store, id: string): Promise<Dependants> {
  const rowsOf = async ({ pk }: Key, where: Pick<Query, 'prefix'> = {}): Promise<Item[]> =>
    (await store.query({ from: { pk }, limit: dependantsMax, ...where })).items
  const [blocks, controllers, locks] = await Promise.all([
    rowsOf(keys.cluster(id), { prefix: blockPrefix }),
    rowsOf(keys.cluster(id), { prefix: controllerPrefix }),
    rowsOf(keys.lock('', id)),
  ])
  return {
    blockIds: blocks.map(({ sk }) => sk.slice(blockPrefix.length)),
    vdagControllerIds: controllers.map(({ sk }) => sk.slice(controllerPrefix.length)),
    taskIds: [...new Set(locks.map((lock) => String(lock.task_id)))],
  }
}

const isFree = ({ blockIds, vdagControllerIds, taskIds }: Dependants): boolean =>
  blockIds.length + vdagControllerIds.length + taskIds.length === 0

/** The cluster's own row. @throws {GridError} `cluster.not_found`, `cluster.changed` */
async function readRow(store: Store, id: string, version: number): Promise<ClusterRow> {
  const found = await store.get(keys.cluster(id))
  if (!found) throw notFound(id)
  const row = asClusterRow(found)
  refuseOther(row, id, version)
  return row
}

function refuseOther(row: ClusterRow, id: string, version: number): void {
  if (row.version !== version) throw new GridError('cluster.changed', changedMessage(id))
}

const notFound = (id: string): GridError => new GridError('cluster.not_found', `no cluster ${id}`)

const changedMessage = (id: string): string => `the cluster ${id} was changed by somebody else in the meantime`

const inUse = (id: string, { blockIds, vdagControllerIds, taskIds }: Dependants): GridError =>
  new GridError(
    'cluster.in_use',
    `the cluster ${id} is still in use: ${[...blockIds, ...vdagControllerIds, ...taskIds].join(', ')}`,
    { details: { block_ids: blockIds, vdag_controller_ids: vdagControllerIds, task_ids: taskIds } },
  )

const translated = (error: unknown, code: 'cluster.exists' | 'cluster.changed', message: string): unknown =>
  error instanceof ConditionFailed ? new GridError(code, message, { cause: error }) : error
