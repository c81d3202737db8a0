import type { Needs } from '../ports.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import { changeInfra } from './change-infra.ts'
import { InfraMemo, type InfraWork, openTarget } from './infra-work.ts'

/**
 * First step of a creation: everything that needs the cluster is looked at before anything is changed
 * (spec/decisions.md 49 and 53). Then the cluster's identity is kept, and its infrastructure is `creating`.
 * @throws {GridError} what `InfraBuilder.inspect` throws, `cluster.not_found`
 */
export async function checkCluster(
  ports: Needs<'tasks' | 'clusters' | 'kubeconfigs' | 'infra' | 'clock' | 'log'>,
  work: InfraWork,
): Promise<InfraWork> {
  return taskStep(ports, work, 'CheckCluster', async (stored) => {
    const { clusterId, taskId } = work
    const target = await openTarget(ports, work, stored)
    const known = (await ports.clusters.find(clusterId))?.system
    const found = await ports.infra.inspect(target, known?.clusterUid ?? null)
    const { blockIds, vdagControllerIds } = await ports.clusters.dependants(clusterId)

    const memo = InfraMemo.parse(stored.memo)
    const infraBefore = memo.infraBefore ?? known?.infra.state ?? 'absent'
    const isFirstToIdentify = memo.isFirstToIdentify || (known?.clusterUid ?? null) === null
    await remember<InfraMemo>(ports, taskId, { exposure: found.exposure, infraBefore, isFirstToIdentify })
    await changeInfra(ports, clusterId, taskId, () => ({ state: 'creating', clusterUid: found.identity }))
    return {
      detail: `Kubernetes ${found.version}, exposure ${found.exposure.kind}`,
      state: { canUndo: infraBefore !== 'present' && blockIds.length + vdagControllerIds.length === 0 },
    }
  })
}
