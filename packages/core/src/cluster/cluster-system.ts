import { z } from 'zod'
import { InfraBuild } from '../infra/infra-builder.ts'
import { JsonObject } from '../json.ts'

/**
 * The state of a cluster's in-cluster services. `adopted`: nothing was built, and its controller runs beside the gateway
 * (spec/decisions.md 10).
 */
export const InfraState = z.enum(['absent', 'creating', 'present', 'removing', 'failed', 'adopted'])
export type InfraState = z.infer<typeof InfraState>

/** What only the system writes about a cluster; kept beside the document, never inside (spec/decisions.md 13). */
export const ClusterSystem = z.object({
  infra: z.object({
    state: InfraState,
    /** The task that brought this state about. */
    taskId: z.string().nullable(),
    /** ISO 8601. */
    changedAt: z.string().nullable(),
  }),
  /** UID of the `kube-system` namespace, known since the first infra creation (spec/decisions.md 49). */
  clusterUid: z.string().nullable(),
  /** Whether the gateway reached the cluster's controller when it was last looked (spec/decisions.md 48). */
  controller: z.enum(['reachable', 'unreachable']).nullable(),
  /** The public key (JWK) of the cluster's controller, enrolled over the Kubernetes API (spec/decisions.md 45). */
  controllerKey: JsonObject.nullable().default(null),
  /** That controller runs beside the gateway, not in the cluster (spec/decisions.md 10). */
  isAdopted: z.boolean().default(false),
  /** What the infrastructure was last built of; null before the first creation that went through. */
  built: InfraBuild.nullable().default(null),
})
export type ClusterSystem = z.infer<typeof ClusterSystem>

/** What is known of a cluster that was just registered. */
export const newClusterSystem: ClusterSystem = {
  infra: { state: 'absent', taskId: null, changedAt: null },
  clusterUid: null,
  controller: null,
  controllerKey: null,
  isAdopted: false,
  built: null,
}
