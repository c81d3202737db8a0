import { urlMap } from '../cluster/url-map.ts'
import type { Needs } from '../ports.ts'
import { taskStep } from '../task/task-step.ts'
import { changeInfra } from './change-infra.ts'
import { InfraMemo, type InfraWork } from './infra-work.ts'

type RecordPorts = Needs<'tasks' | 'clusters' | 'clock' | 'log'>

/** Writes where the cluster's parts answer; its infrastructure is `present` from now on. */
export async function writeUrlMap(ports: RecordPorts, work: InfraWork): Promise<InfraWork> {
  return taskStep(ports, work, 'WriteUrlMap', async (stored) => {
    const { settings, controllerKey } = InfraMemo.parse(stored.memo)
    if (settings === null) throw new TypeError(`task ${work.taskId} builds nothing`)
    const addresses = { ...urlMap(settings) }
    await changeInfra(ports, work.clusterId, work.taskId, () => ({
      state: 'present',
      urlMap: addresses,
      controllerKey,
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
    }))
    return {}
  })
}
