import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { ClusterId } from './cluster.ts'
import type { StoredCluster } from './cluster-store.ts'

/** The whole cluster. @throws {GridError} `cluster.not_found` */
export async function readCluster(ports: Needs<'clusters'>, id: ClusterId): Promise<StoredCluster> {
  const stored = await ports.clusters.find(id)
  if (!stored) throw clusterNotFound(id)
  return stored
}

/** The whole document as JSON text, put together without being parsed. @throws {GridError} `cluster.not_found` */
export async function readClusterText(
  ports: Needs<'clusters'>,
  id: ClusterId,
): Promise<{ json: string; version: number }> {
  const found = await ports.clusters.readText(id)
  if (!found) throw clusterNotFound(id)
  return found
}

/** The one answer for a cluster that is not there. */
export const clusterNotFound = (id: string): GridError => new GridError('cluster.not_found', `no cluster ${id}`)
