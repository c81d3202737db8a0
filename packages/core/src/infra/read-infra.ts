import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { InfraState } from '../cluster/cluster-system.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { hasController } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'
import { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import { conditionOf, Drift, InfraCondition } from './drift.ts'
import { type InfraBuild, InfraConfiguration, InfraSettings } from './infra-builder.ts'

/** Longest wait for a controller that reads some 50 objects, in milliseconds. */
const readMsMax = 20_000

/** What is known of a cluster's infrastructure: what should be there, what is, and who changed it. */
export const InfraReport = z.object({
  cluster_id: z.string(),
  state: InfraState,
  task_id: z.string().nullable(),
  changed_at: z.string().nullable(),
  condition: InfraCondition,
  desired: z
    .object({
      built_at: z.string(),
      settings: InfraSettings,
      exposure: JsonObject,
      configuration: InfraConfiguration.describe('as it was when the infrastructure was last created'),
      current_configuration: InfraConfiguration.describe('as a new creation would use it'),
    })
    .nullable(),
  drift: Drift.nullable(),
})
export type InfraReport = z.infer<typeof InfraReport>

type ReadPorts = Needs<'clusters' | 'controllers' | 'infraPlan'>
interface Looked {
  condition: InfraCondition
  drift: Drift | null
}

/**
 * Compares a cluster's infrastructure with what its last creation and the present configuration ask for. What is there is
 * read by the cluster's controller, so no kubeconfig is needed; where that cannot be, the condition is `Unknown`.
 * @throws {GridError} `cluster.not_found`
 */
export async function readInfra(ports: ReadPorts, id: ClusterId): Promise<InfraReport> {
  const stored = await ports.clusters.findOutline(id)
  if (!stored) throw clusterNotFound(id)
  const { infra, built } = stored.system
  return {
    cluster_id: id,
    state: infra.state,
    task_id: infra.taskId,
    changed_at: infra.changedAt,
    ...(await look(ports, stored)),
    desired: built && {
      built_at: built.at,
      settings: built.settings,
      exposure: built.exposure,
      configuration: built.configuration,
      current_configuration: ports.infraPlan.configuration(),
    },
  }
}

async function look(ports: ReadPorts, stored: StoredCluster): Promise<Looked> {
  const { infra, built } = stored.system
  const { state } = infra
  if (state === 'creating' || state === 'removing')
    return unknown('InProgress', `task ${infra.taskId} is ${state} the infrastructure`)
  if (state === 'adopted') return unknown('Adopted', 'the cluster was adopted as it is; nothing of it is ours')
  if (built === null)
    return unknown('NotBuilt', `the infrastructure is ${state}; nothing is known of what should be there`)
  if (!hasController(stored))
    return unknown('NoController', 'no controller of this cluster is enrolled, so nobody can look')
  try {
    const drift = await compare(ports, stored, built)
    return { drift, condition: conditionOf(drift) }
  } catch (error) {
    if (!(error instanceof GridError)) throw error
    if (error.code === 'route.not_found')
      return unknown(
        'ControllerTooOld',
        'the controller is of a version that cannot look; create the infrastructure again',
      )
    return unknown('ControllerFailed', `${error.code}: ${error.message}`)
  }
}

async function compare(ports: ReadPorts, stored: StoredCluster, built: InfraBuild): Promise<Drift> {
  const id = stored.cluster.id
  const references = await ports.infraPlan.references(id, built)
  const found = await ports.controllers.call(stored, {
    part: 'controller',
    method: 'POST',
    path: '/infra/objects',
    body: { references },
    timeoutMs: readMsMax,
  })
  return ports.infraPlan.compare(id, built, found)
}

const unknown = (reason: string, message: string): Looked => ({
  condition: { status: 'Unknown', reason, message },
  drift: null,
})
