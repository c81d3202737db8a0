import { beforeEach, describe, expect, it } from 'vitest'
import { admin, type World, world } from '../../../../test/world.ts'
import { Cluster, type ClusterId } from '../cluster/cluster.ts'
import { startTask } from '../task/start-task.ts'
import { TaskId } from '../task/task.ts'
import type { InfraPlan } from './infra-builder.ts'
import { InfraMemo, type InfraWork } from './infra-work.ts'
import { clearUrlMap, writeUrlMap } from './record-infra.ts'

const beside = { controllerService: 'http://127.0.0.1:4711' }
const inCluster = 'http://west-1.example.com:32300'
const id = 'west-1' as ClusterId
let w: World
let work: InfraWork

/** An adopted cluster on which a task builds. */
beforeEach(async () => {
  const infraPlan = { configuration: () => ({ digest: 'd', image: 'i' }) } as unknown as InfraPlan
  w = world({ infraPlan, workflows: { start: async () => undefined, status: async () => 'running' } })
  await w.ports.clusters.create(Cluster.parse({ id, regionId: 'us', nodes: { count: 0 } }))
  await w.ports.clusters.writeSystem(id, 1, {
    infra: { state: 'adopted', taskId: null, changedAt: null },
    isAdopted: true,
    controllerKey: { kid: 'beside' },
    urlMap: beside,
  })
  const taskId = TaskId.parse('t1')
  const memo: InfraMemo = InfraMemo.parse({
    settings: {
      publicHostname: 'west-1.example.com',
      useGateway: false,
      publicScheme: 'http',
      collectIntervalSeconds: 30,
    },
    exposure: { kind: 'node-port' },
    infraBefore: 'adopted',
    isFirstToIdentify: false,
    controllerKey: { kid: 'in-cluster' },
  })
  work = { taskId, clusterId: id, kubeconfigRef: 'r', isReady: true, waitSeconds: 0, canUndo: false } as InfraWork
  await startTask(w.ports, {
    ...{ taskId, type: 'cluster_infra_creation', caller: admin, clusterId: id, data: {}, locks: [] },
    ...{ workflow: 'create-cluster-infra', input: {}, memo: memo as never },
  })
})

const reach = async (controller: 'reachable' | 'unreachable'): Promise<void> => {
  const stored = await w.ports.clusters.findOutline(id)
  await w.ports.clusters.writeSystem(id, stored?.version ?? 0, { controller })
}
const now = async () => {
  const stored = await w.ports.clusters.findOutline(id)
  const { infra, isAdopted, controllerKey } = stored?.system ?? {}
  return {
    state: infra?.state,
    isAdopted,
    kid: controllerKey?.kid,
    at: stored?.cluster.config.urlMap?.controllerService,
  }
}

describe('services built on an adopted cluster', () => {
  it('leave the controller beside the gateway in charge while the one in the cluster cannot be reached', async () => {
    await reach('unreachable')
    await writeUrlMap(w.ports, work)
    const kept = { isAdopted: true, kid: 'beside', at: beside.controllerService }
    expect(await now()).toEqual({ state: 'present', ...kept })
    await clearUrlMap(w.ports, work)
    expect(await now()).toEqual({ state: 'adopted', ...kept })
  })

  it('put the controller in the cluster in charge once it is reached; their removal leaves nothing', async () => {
    await reach('reachable')
    await writeUrlMap(w.ports, work)
    expect(await now()).toEqual({ state: 'present', isAdopted: false, kid: 'in-cluster', at: inCluster })
    await clearUrlMap(w.ports, work)
    expect(await now()).toEqual({ state: 'absent', isAdopted: false, kid: undefined, at: undefined })
  })
})
