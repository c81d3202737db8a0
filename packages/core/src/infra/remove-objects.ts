import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { keepWaiting, waitedSeconds } from '../task/keep-waiting.ts'
import { type TaskStepOptions, taskStep } from '../task/task-step.ts'
import type { RemovalPass } from './infra-builder.ts'
import { type ExecutorWork, type InfraWork, openSite } from './infra-work.ts'

/** How long a removal may take: namespaces end slowly. In seconds. */
export const removalSecondsMax = 900
/** Names told in a step's detail. */
const namedMax = 5

type RemovalPorts = Needs<'tasks' | 'kubeconfigs' | 'infra' | 'clock' | 'log'>

/** One pass of a removal; the definition asks again until nothing remains. */
export const removeObjects = <Work extends InfraWork | ExecutorWork>(ports: RemovalPorts, work: Work): Promise<Work> =>
  removalPass(ports, work, 'RemoveObjects', {})

/** The same for a cancelled creation: takes back what it made. */
export const undoObjects = <Work extends InfraWork | ExecutorWork>(ports: RemovalPorts, work: Work): Promise<Work> =>
  removalPass(ports, work, 'UndoObjects', { evenIfCancelled: true })

/** @throws {GridError} `infra.not_empty` for a namespace that holds what is not ours, `infra.not_ready` when the time is over */
async function removalPass<Work extends InfraWork | ExecutorWork>(
  ports: RemovalPorts,
  work: Work,
  name: string,
  options: TaskStepOptions,
): Promise<Work> {
  return taskStep<Work>(
    ports,
    work,
    name,
    async (stored) => {
      const pass = await ports.infra.removePass(await openSite(ports, work))
      refuseKept(pass)
      const { remaining } = pass
      if (remaining.length === 0) return { detail: 'nothing is left', state: { isReady: true } as Partial<Work> }
      const said = `${remaining.length} left: ${remaining.slice(0, namedMax).join(', ')}`
      const waited = waitedSeconds(stored.task, name, ports.clock.now())
      const waiting = {
        waited,
        secondsMax: removalSecondsMax,
        code: 'infra.not_ready',
        missing: 'not removed',
      } as const
      const outcome = keepWaiting(waiting, said)
      return { ...outcome, state: outcome.state as Partial<Work> }
    },
    options,
  )
}

function refuseKept({ kept, remaining }: RemovalPass): void {
  const [first] = kept
  if (!first || remaining.length > 0) return
  const said = kept.map(({ namespace, foreign }) => `${namespace} (${foreign.slice(0, namedMax).join(', ')})`)
  throw new GridError('infra.not_empty', `namespaces stay because they hold what is not ours: ${said.join('; ')}`)
}

/** Makes sure that nothing with our label is left. @throws {GridError} `infra.not_empty` */
export async function verifyRemoval<Work extends InfraWork | ExecutorWork>(
  ports: RemovalPorts,
  work: Work,
): Promise<Work> {
  return taskStep(ports, work, 'VerifyRemoval', async () => {
    const left = await ports.infra.leftovers(await openSite(ports, work))
    if (left.length > 0)
      throw new GridError('infra.not_empty', `${left.length} objects came back: ${left.slice(0, namedMax).join(', ')}`)
    return { detail: 'nothing with our label is left' }
  })
}
