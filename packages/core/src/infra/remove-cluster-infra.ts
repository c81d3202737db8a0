import { type InfraOrder, type InfraRequestPorts, type Scheduled, startInfraTask } from './start-infra-task.ts'

/** Starts the task that takes a cluster's in-cluster services away again (spec/gateway-api.md §6). */
export async function removeClusterInfra(ports: InfraRequestPorts, order: InfraOrder): Promise<Scheduled> {
  return startInfraTask(ports, order, {
    type: 'cluster_infra_remove',
    action: 'remove_cluster_infra',
    workflow: 'remove-cluster-infra',
    settingsOf: () => null,
  })
}
