import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import { executorSystemFields, type NewExecutor, toExecutor } from './executor.ts'
import type { StoredExecutor } from './executor-store.ts'

/**
 * Registers an executor. One without an address is taken, as documented, and cannot run anything until it has one.
 * @throws {GridError} `executor.exists`, `address.refused`
 */
export async function registerExecutor(
  ports: Needs<'executors' | 'executorClient' | 'trail'>,
  request: { body: NewExecutor; caller: Caller; requestId: string | null },
): Promise<StoredExecutor & { warnings: Warning[] }> {
  const executor = toExecutor({}, request.body)
  const id = executor.executor_id
  if (executor.executor_host_uri !== '') ports.executorClient.requireCallable(executor.executor_host_uri)
  if (await ports.executors.find(id)) throw new GridError('executor.exists', `the executor ${id} is registered`)

  const stored = await ports.executors.create(executor)
  ports.trail.note({ subject: `executor ${id}`, before: null, after: executor })
  return { ...stored, warnings: [...ignored(request.body), ...withoutAddress(executor.executor_host_uri)] }
}

const ignored = (body: NewExecutor): Warning[] =>
  executorSystemFields
    .filter((name) => Object.hasOwn(body, name))
    .map((name) => ({
      code: 'field.system_owned',
      detail: 'is written by the system; what was given is ignored',
      pointer: `/${name}`,
    }))

const withoutAddress = (uri: string): Warning[] =>
  uri === ''
    ? [
        {
          code: 'executor.unreachable',
          detail: 'has no address yet: set executor_host_uri or cluster_public_ip',
          pointer: '/executor_host_uri',
        },
      ]
    : []
