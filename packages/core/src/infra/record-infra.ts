import { urlMap } from '../cluster/url-map.ts'
import type { Needs } from '../ports.ts'
import { taskStep } from '../task/task-step.ts'
import { changeInfra } from './change-infra.ts'
import { InfraMemo, type InfraWork } from './infra-work.ts'

type RecordPorts = Needs<'tasks' | 'clusters' | 'clock' | 'log'>

/**
 * Writes where the cluster's parts answer, and what they were built of; its infrastructure is `present` from now on. A
 * controller beside the gateway stays the cluster's until the one in the cluster can be reached.
 */
export async function writeUrlMap(ports: RecordPorts & Needs<'infraPlan'>, work: InfraWork): Promise<InfraWork> {
  return taskStep(ports, work, 'WriteUrlMap', async (stored) => {
    const { settings, exposure, controllerKey } = InfraMemo.parse(stored.memo)
    if (settings === null || exposure === null) throw new TypeError(`task ${work.taskId} builds nothing`)
    const addresses = { ...urlMap(settings) }
    const built = {
      settings,
      exposure,
      configuration: ports.infraPlan.configuration(),
      at: ports.clock.now().toISOString(),
    }
    const { system } = await changeInfra(ports, work.clusterId, work.taskId, ({ system: { isAdopted, controller } }) =>
      isAdopted && controller === 'unreachable'
        ? { state: 'present', built }
        : { state: 'present', built, urlMap: addresses, controllerKey, isAdopted: false },
    )
    if (system.isAdopted)
      return { detail: `the controller beside the gateway stays; nothing answers at ${addresses.controllerService}` }
    return { detail: `controller at ${addresses.controllerService}` }
  })
}

/**
 * Empties the addresses once nothing answers there any more; the infrastructure is `absent` from now on, or the cluster
 * merely adopted, where its controller runs beside the gateway.
 */
export async function clearUrlMap(ports: RecordPorts, work: InfraWork): Promise<InfraWork> {
  return taskStep(ports, work, 'ClearUrlMap', async () => {
    await changeInfra(ports, work.clusterId, work.taskId, ({ system }) =>
      system.isAdopted
        ? { state: 'adopted', built: null }
        : { state: 'absent', urlMap: {}, controller: null, controllerKey: null, built: null },
    )
    return {}
  })
}
