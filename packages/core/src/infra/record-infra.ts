import { urlMap } from '../cluster/url-map.ts'
import type { Needs } from '../ports.ts'
import { taskStep } from '../task/task-step.ts'
import { changeInfra } from './change-infra.ts'
import { InfraMemo, type InfraWork } from './infra-work.ts'

type RecordPorts = Needs<'tasks' | 'clusters' | 'clock' | 'log'>

/** Writes where the cluster's parts answer, and what they were built of; its infrastructure is `present` from now on. */
export async function writeUrlMap(ports: RecordPorts & Needs<'infra'>, work: InfraWork): Promise<InfraWork> {
  return taskStep(ports, work, 'WriteUrlMap', async (stored) => {
    const { settings, exposure, controllerKey } = InfraMemo.parse(stored.memo)
    if (settings === null || exposure === null) throw new TypeError(`task ${work.taskId} builds nothing`)
    const addresses = { ...urlMap(settings) }
    await changeInfra(ports, work.clusterId, work.taskId, () => ({
      state: 'present',
      urlMap: addresses,
      controllerKey,
      built: { settings, exposure, configuration: ports.infra.configuration(), at: ports.clock.now().toISOString() },
    }))
    return { detail: `controller at ${addresses.controllerService}` }
  })
}

/** Empties the addresses once nothing answers there any more; the infrastructure is `absent` from now on. */
export async function clearUrlMap(ports: RecordPorts, work: InfraWork): Promise<InfraWork> {
  return taskStep(ports, work, 'ClearUrlMap', async () => {
    await changeInfra(ports, work.clusterId, work.taskId, () => ({
      state: 'absent',
      urlMap: {},
      controller: null,
      controllerKey: null,
      built: null,
    }))
    return {}
  })
}
