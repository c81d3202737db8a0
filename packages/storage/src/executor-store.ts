import { GridError } from '@gridgate/core/errors'
import { Executor, type ExecutorId, ExecutorSystem, newExecutorSystem } from '@gridgate/core/executor/executor'
import type { ExecutorStore, StoredExecutor } from '@gridgate/core/executor/executor-store'
import { listPage } from './list-page.ts'
import { orConflict } from './policy-conflict.ts'
import type { Item, Store } from './store.ts'
import { keys, lists } from './table.ts'

/** The registry of executors on the table. */
export function executorStore(store: Store): ExecutorStore {
  return {
    async find(id) {
      const item = await store.get(keys.executor(id))
      return item && fromItem(item)
    },
    async create(executor) {
      const stored = { executor, system: newExecutorSystem, version: 1 }
      const id = executor.executor_id
      const exists = (): GridError => new GridError('executor.exists', `the executor ${id} is registered`)
      await orConflict(store.write({ put: toItem(stored), when: 'absent' }), exists)
      return stored
    },
    async replace(stored) {
      const { version } = stored
      const next = { ...stored, version: version + 1 }
      const written = store.write({ put: toItem(next), when: { equals: { version } } })
      await orConflict(written, () => changed(stored.executor.executor_id))
      return next
    },
    async remove(id, version) {
      const removal = store.write({ remove: keys.executor(id), when: { equals: { version } } })
      await orConflict(removal, () => changed(id))
    },
    list: (options) => listPage(store, { list: lists.executors, fromItem }, options),
  }
}

const changed = (id: ExecutorId): GridError =>
  new GridError('executor.changed', `the executor ${id} was changed by somebody else meanwhile`)

const toItem = ({ executor, system, version }: StoredExecutor): Item => ({
  ...keys.executor(executor.executor_id),
  listPk: lists.executors,
  listSk: executor.executor_id,
  version,
  json: JSON.stringify({ executor, system }),
})

function fromItem(item: Item): StoredExecutor {
  const { executor, system } = JSON.parse(String(item.json)) as Record<string, unknown>
  return { executor: Executor.parse(executor), system: ExecutorSystem.parse(system), version: Number(item.version) }
}
