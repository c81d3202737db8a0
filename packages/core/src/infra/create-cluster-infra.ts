import { settingsOf } from './settings-of.ts'
import { type InfraOrder, type InfraRequestPorts, type Scheduled, startInfraTask } from './start-infra-task.ts'

/** Starts the task that builds a cluster's in-cluster services (spec/gateway-api.md §6). */
export async function createClusterInfra(ports: InfraRequestPorts, order: InfraOrder): Promise<Scheduled> {
  return startInfraTask(ports, order, {
    type: 'cluster_infra_creation',
    action: 'create_cluster_infra',
    workflow: 'create-cluster-infra',
    settingsOf,
  })
}
