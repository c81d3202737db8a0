import { ActionNode } from '@gridgate/core/action/action'
import { type ActionFilter, type ActionStore, type ActionTask, StoredAction } from '@gridgate/core/action/action-store'
import { GridError } from '@gridgate/core/errors'
import type { Clock } from '@gridgate/core/ports'
import { historyWrites } from './history-store.ts'
import { isWritten } from './is-written.ts'
import { filterPage } from './list-page.ts'
import { ConditionFailed, type Item, type Store, type Write } from './store.ts'
import { keys, lists } from './table.ts'
import { createTask } from './task-store.ts'

/** How long an action is kept, in days: as long as its task. */
const daysKept = 30

/** Actions in the table. Their nodes are rows of their own, under the time of the attempt that they belong to. */
export function actionStore(store: Store, clock: Clock): ActionStore {
  return {
    async find(id) {
      const item = await store.get(keys.action(id))
      return item && !isExpired(item, clock) ? fromItem(item) : null
    },
    async begin(action, nodes, work, before) {
      // Rows of an attempt that is not put in the end are nobody's, and expire.
      await store.writeMany(nodes.map((node) => ({ put: nodeItem(action, node) })))
      const when = before === null ? 'absent' : { equals: { version: before.version } }
      const write: Write = { put: toItem(action), when }
      try {
        if (work === null) await store.write(write)
        else await createTask(store, work.task, work.unless, [write, ...spendingOf(action, work)])
      } catch (error) {
        throw error instanceof ConditionFailed ? conflictOf(action, error) : error
      }
    },
    async replace(action) {
      const next = { ...action, version: action.version + 1 }
      const written = store.write({ put: toItem(next), when: { equals: { version: action.version } } })
      return (await isWritten(written)) ? next : null
    },
    async listNodes({ record }, { after, limit }) {
      const key = (name: string) => keys.actionNode(record.id, record.created_at, name)
      const prefix = key('').sk
      const { items, more } = await store.query({
        ...{ from: { pk: key('').pk }, prefix, limit },
        ...(after === null ? {} : { after: key(after).sk }),
      })
      const nodes = items.map(({ json }) => ActionNode.parse(JSON.parse(String(json))))
      return { items: nodes, nextCursor: more ? (nodes.at(-1)?.name ?? null) : null }
    },
    putNodes: (action, nodes) => store.writeMany(nodes.map((node) => ({ put: nodeItem(action, node) }))),
    list: (filter, options) =>
      filterPage(store, { list: lists.actions, fromItem, newestFirst: true }, options, (action, item) => {
        if (filter.since !== undefined && action.record.created_at < filter.since) return 'stop'
        return matches(action, filter) && !isExpired(item, clock) ? 'take' : 'skip'
      }),
  }
}

const spendingOf = ({ record }: StoredAction, { spends }: ActionTask): Write[] =>
  historyWrites(record.cluster_id, spends.next, spends.versions)

/** The action itself is the first of the writes. */
const conflictOf = ({ record }: StoredAction, { failed }: ConditionFailed): GridError =>
  failed.includes(0)
    ? new GridError('action.exists', `there is an action ${record.id} already`)
    : new GridError('budget.changed', 'other actions used up budget meanwhile', { retryAfterSeconds: 1 })

function matches({ record }: StoredAction, { clusters, pool, type, state }: ActionFilter): boolean {
  if (pool !== undefined && record.node_pool !== pool) return false
  if (type !== undefined && record.type !== type) return false
  if (state !== undefined && record.state !== state) return false
  return clusters === '*' || clusters.includes(record.cluster_id)
}

const expiry = ({ record }: StoredAction): number =>
  Math.floor(Date.parse(record.created_at) / 1000) + daysKept * 86_400

const toItem = (action: StoredAction): Item => ({
  ...keys.action(action.record.id),
  listPk: lists.actions,
  listSk: `${action.record.created_at}#${action.record.id}`,
  version: action.version,
  ttl: expiry(action),
  json: JSON.stringify(action),
})

const nodeItem = (action: StoredAction, node: ActionNode): Item => ({
  ...keys.actionNode(action.record.id, action.record.created_at, node.name),
  ttl: expiry(action),
  json: JSON.stringify(node),
})

const fromItem = (item: Item): StoredAction => StoredAction.parse(JSON.parse(String(item.json)))

/** The table removes expired items late. */
const isExpired = (item: Item, clock: Clock): boolean =>
  typeof item.ttl === 'number' && clock.now().getTime() / 1000 >= item.ttl
