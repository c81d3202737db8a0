import { inScope } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import type { StoredCluster } from './cluster-store.ts'
import { type Asker, type GuardPorts, guardDocument } from './guard-document.ts'
import { prepareCluster } from './prepare-cluster.ts'
import { unknownPolicies } from './unknown-policies.ts'

/**
 * Registers a cluster once the network's policy admits it; it starts without infrastructure (spec/gateway-api.md §2).
 * @throws {GridError} `request.invalid`, `auth.forbidden` for an id out of the caller's scope, `cluster.exists`, `cluster.too_large`, and what the policy says
 */
export async function createCluster(
  ports: Needs<'clusters' | 'trail'> & GuardPorts,
  submitted: Readonly<Record<string, unknown>>,
  asker: Asker,
): Promise<{ stored: StoredCluster; warnings: Warning[] }> {
  const prepared = prepareCluster(submitted)
  const { id } = prepared.cluster
  if (!inScope(asker.caller, id)) throw new GridError('auth.forbidden', `the cluster ${id} would be out of your scope`)
  if (await ports.clusters.readText(id))
    throw new GridError('cluster.exists', `the cluster ${id} is already registered`)

  const admitted = await guardDocument(ports, asker, {
    action: 'add_cluster',
    current: null,
    cluster: prepared.cluster,
  })

  const stored = await ports.clusters.create(admitted)
  ports.trail.note({ subject: `cluster ${id}`, before: null, after: stored.cluster })
  ports.log.info('cluster.created', { clusterId: id, version: stored.version, requestId: asker.requestId })
  return { stored, warnings: [...prepared.warnings, ...(await unknownPolicies(ports, stored.cluster))] }
}
