import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import { changeInfra } from './change-infra.ts'
import { InfraMemo, type InfraWork, openSite } from './infra-work.ts'
import { refuseNodeTasks } from './refuse-node-tasks.ts'

/**
 * First step of a removal: nothing that runs may be taken away, and nothing that is not ours (spec/errors-and-gaps.md 54).
 * Then the cluster's infrastructure is `removing`.
 * @throws {GridError} `infra.not_empty`, `task.running`, `cluster.identity_mismatch`, `cluster.not_found`
 */
export async function checkRemoval(
  ports: Needs<'tasks' | 'clusters' | 'kubeconfigs' | 'infra' | 'clock' | 'log'>,
  work: InfraWork,
): Promise<InfraWork> {
  return taskStep(ports, work, 'CheckRemoval', async (stored) => {
    const { clusterId, taskId } = work
    await refuseTenants(ports, work)
    await refuseNodeTasks(ports, clusterId, taskId)
    const known = (await ports.clusters.find(clusterId))?.system
    await ports.infra.requireRemovable(await openSite(ports, work), known?.clusterUid ?? null)

    const infraBefore = InfraMemo.parse(stored.memo).infraBefore ?? known?.infra.state ?? 'absent'
    await remember<InfraMemo>(ports, taskId, { infraBefore })
    await changeInfra(ports, clusterId, taskId, () => ({ state: 'removing' }))
    return { detail: 'nothing runs on the cluster' }
  })
}

async function refuseTenants(ports: Needs<'clusters'>, { clusterId }: InfraWork): Promise<void> {
  const { blockIds, vdagControllerIds } = await ports.clusters.dependants(clusterId)
  const tenants = [...blockIds.map((id) => `block ${id}`), ...vdagControllerIds.map((id) => `vdag controller ${id}`)]
  if (tenants.length === 0) return
  const said = tenants.slice(0, 10).join(', ')
  throw new GridError('infra.not_empty', `${tenants.length} still run on ${clusterId}: ${said}`, {
    details: { block_ids: blockIds, vdag_controller_ids: vdagControllerIds },
  })
}
