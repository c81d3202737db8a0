import { type Caller, inScope } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { controllerAddress, hasController } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'
import type { FailoverSettings } from '../failover/settings.ts'
import type { Needs } from '../ports.ts'

/** Clusters looked at for the one that has failover, and how many of them are named when there are several. */
const scannedMax = 1000
const namedMax = 20
const pageItems = 100

type FindPorts = Needs<'clusters' | 'failoverSettings'>

/**
 * The cluster that an order means, without its nodes: the named one, or the only one in the caller's scope that has failover,
 * as the original's clients expect (spec/decisions.md 40: it has a controller and is switched on).
 * @throws {GridError} `cluster.not_found`, `cluster.no_controller`, `action.cluster_required`
 */
export async function findFailoverCluster(
  ports: FindPorts,
  id: ClusterId | null,
  caller: Caller,
): Promise<{ stored: StoredCluster; settings: FailoverSettings }> {
  const stored = await findOne(ports, id, caller)
  return { stored, settings: (await ports.failoverSettings.find(stored.cluster.id)).value }
}

async function findOne(ports: FindPorts, id: ClusterId | null, caller: Caller): Promise<StoredCluster> {
  if (id !== null) return requireNamed(ports, id, caller)
  const found = await failoverClusters(ports, caller)
  const [only, ...others] = found
  if (only && others.length === 0) return only
  const ids = found.map(({ cluster }) => cluster.id)
  const said = only
    ? `name one as cluster_id: ${ids.join(', ')}`
    : 'no cluster has failover: create the infrastructure of one, or adopt it with npm start -- --kubeconfig'
  throw new GridError('action.cluster_required', said, { details: { cluster_ids: ids } })
}

async function requireNamed(ports: FindPorts, id: ClusterId, caller: Caller): Promise<StoredCluster> {
  const stored = inScope(caller, id) ? await ports.clusters.findOutline(id) : null
  if (!stored) throw clusterNotFound(id)
  controllerAddress(stored, 'controller')
  return stored
}

async function failoverClusters(ports: FindPorts, caller: Caller): Promise<StoredCluster[]> {
  const found: StoredCluster[] = []
  let after: string | null = null
  for (let scanned = 0; scanned < scannedMax && found.length < namedMax; scanned += pageItems) {
    const page = await ports.clusters.list({ after, limit: pageItems })
    const candidates = page.items.filter((one) => hasController(one) && inScope(caller, one.cluster.id))
    for (const one of candidates.slice(0, namedMax))
      if ((await ports.failoverSettings.find(one.cluster.id)).value.enabled) found.push(one)
    after = page.nextCursor
    if (after === null) break
  }
  return found.slice(0, namedMax)
}
