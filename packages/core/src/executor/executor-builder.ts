import type { InfraSite } from '../infra/infra-builder.ts'
import type { ExecutorId } from './executor.ts'

/** An executor to build. */
export interface ExecutorTarget extends InfraSite {
  executorId: ExecutorId
  processesMax: number
  /** API version of Ambassador's Mapping on that cluster, as `inspect` found out; null where there is none. */
  mapping: string | null
}

/**
 * Port: what is done to a cluster for an executor, beside what the port `infra` does for everything that is built: reading
 * kubeconfigs, removing, listing what is left. Failures are those of `InfraBuilder`.
 */
export interface ExecutorBuilder {
  /**
   * Reads all that creation depends on: version, identity, rights, the node port.
   * @param known the identity of the cluster that it was built on before; null before the first creation
   * @throws {GridError} `kube.unsupported_version`, `cluster.identity_mismatch`, `kube.forbidden`, `infra.port_conflict`
   */
  inspect(site: InfraSite, known: string | null): Promise<{ identity: string; version: string; mapping: string | null }>
  /** Writes all objects; says in a few words what was created and changed. @throws {GridError} `kube.conflict` */
  apply(target: ExecutorTarget): Promise<string>
  /** Whether it does its work, by Kubernetes' own conditions, and what it waits for. */
  readiness(target: ExecutorTarget): Promise<{ ready: boolean; reason: string }>
  /** Makes sure that a removal would hit nothing but ours. @throws {GridError} `infra.not_empty`, `cluster.identity_mismatch` */
  requireRemovable(site: InfraSite, known: string | null): Promise<void>
}
