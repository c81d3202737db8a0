import type { StoredCluster } from '../cluster/cluster-store.ts'
import { readUrlMap, type UrlMap } from '../cluster/url-map.ts'
import { GridError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'

/** A documented port of a cluster's controller: 4000, 5000, 7500, 10000 (spec/decisions.md 51). */
export type ControllerPart = 'controller' | 'metrics' | 'blocks' | 'management'

/** One request to a controller. */
export interface ControllerCall {
  part: ControllerPart
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with query, from the part's root. */
  path: string
  body?: JsonObject
  /** Longest wait for the whole reply; 10 s unless said otherwise. */
  timeoutMs?: number
}

/** Port: asks the controllers of the clusters, each call signed for one cluster, method, path and body (spec/decisions.md 9). */
export interface ControllerClient {
  /**
   * The `data` of the controller's reply. A GridError of the controller comes through with its code and details.
   * @throws {GridError} `cluster.no_controller`, `controller.unreachable`, `controller.too_slow`, `controller.failed`
   */
  call(stored: StoredCluster, call: ControllerCall): Promise<Json>
}

const members: Record<ControllerPart, keyof UrlMap> = {
  controller: 'controllerService',
  metrics: 'metricsService',
  blocks: 'blocksQuery',
  management: 'parameterUpdater',
}

/** Claims that the cluster has a controller that proved who it is. */
export const hasController = (stored: StoredCluster): boolean => addressOf(stored, 'controller') !== null

/** Where a part of the cluster's controller answers, without a slash at the end. @throws {GridError} `cluster.no_controller` */
export function controllerAddress(stored: StoredCluster, part: ControllerPart): string {
  const address = addressOf(stored, part)
  if (address !== null) return address
  const { id } = stored.cluster
  throw new GridError(
    'cluster.no_controller',
    `cluster ${id} has no controller: create its infrastructure (POST /create-cluster-infra), or adopt it with npm start -- --kubeconfig`,
  )
}

function addressOf({ cluster, system }: StoredCluster, part: ControllerPart): string | null {
  if (system.controllerKey === null) return null
  return readUrlMap(cluster.config.urlMap)[members[part]]?.replace(/\/+$/, '') ?? null
}
