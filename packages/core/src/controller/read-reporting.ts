import type { ClusterId } from '../cluster/cluster.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import type { Needs } from '../ports.ts'
import { hasController } from './controller-client.ts'
import { type Reporting, reportingOf } from './heartbeat.ts'

/** How a cluster's controller reports, and whether the gateway has one to call. @throws {GridError} `cluster.not_found` */
export async function readReporting(
  ports: Needs<'clusters' | 'heartbeats' | 'clock'>,
  id: ClusterId,
): Promise<Reporting & { enrolled: boolean; key_id: string | null }> {
  const [stored, last] = await Promise.all([ports.clusters.findOutline(id), ports.heartbeats.find(id)])
  if (!stored) throw clusterNotFound(id)
  const kid = stored.system.controllerKey?.kid
  return {
    ...reportingOf(last, ports.clock.now()),
    enrolled: hasController(stored),
    key_id: typeof kid === 'string' ? kid : null,
  }
}
