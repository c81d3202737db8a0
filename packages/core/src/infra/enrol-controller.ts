import type { Needs } from '../ports.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import { type InfraMemo, type InfraWork, openSite } from './infra-work.ts'

/**
 * Reads the public key that the controller has published in its own namespace (spec/decisions.md 45); its readiness is the
 * sign that it has. A controller without one is not enrolled, which the record says; the creation goes on.
 */
export async function enrolController(
  ports: Needs<'tasks' | 'kubeconfigs' | 'infra' | 'clock' | 'log'>,
  work: InfraWork,
): Promise<InfraWork> {
  return taskStep(ports, work, 'EnrolController', async () => {
    const controllerKey = await ports.infra.controllerKey(await openSite(ports, work))
    await remember<InfraMemo>(ports, work.taskId, { controllerKey })
    const kid = controllerKey?.kid
    return {
      detail: controllerKey
        ? `enrolled the key ${typeof kid === 'string' ? kid : 'without a name'}`
        : 'the controller has published no key',
    }
  })
}
