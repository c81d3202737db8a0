import type { ClusterId } from '../cluster/cluster.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import type { Json } from '../json.ts'
import type { Needs } from '../ports.ts'

/** Asks a cluster's controller to change its key; the old one is believed until the new one is enrolled. @throws {GridError} `cluster.not_found` and what `controllers.call` throws */
export async function rotateControllerKey(ports: Needs<'clusters' | 'controllers'>, id: ClusterId): Promise<Json> {
  const stored = await ports.clusters.findOutline(id)
  if (!stored) throw clusterNotFound(id)
  return ports.controllers.call(stored, { part: 'controller', method: 'POST', path: '/keys/rotate' })
}
