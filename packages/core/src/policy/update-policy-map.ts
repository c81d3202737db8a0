import type { Caller } from '../caller.ts'
import type { Cluster, ClusterId } from '../cluster/cluster.ts'
import { asJson, guardDocument } from '../cluster/guard-document.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { GuardPort, Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import { toPolicyAction } from './actions.ts'
import { type ActionChanges, mergeMap, readMapChange, urisIn } from './change-policy-map.ts'
import { requireOwner } from './own-policy.ts'
import { PolicyUri, servesCluster } from './policy.ts'
import { clusterMap, type PolicyMap, type PolicyMapChange } from './policy-map.ts'

/** Lost races after which a change of a map is given up. */
const attemptsMax = 20

/** What a change of a map left: the whole map, and what is worth saying about it. */
export interface ChangedMap {
  map: Record<string, unknown>
  warnings: Warning[]
}

type MapPorts = Needs<'clusters' | 'trail' | GuardPort>

interface MapRequest {
  /** Null for the network's map. */
  clusterId: ClusterId | null
  change: PolicyMapChange
  /** Refuse a policy that is not registered instead of warning about it. */
  strict: boolean
  caller: Caller
  requestId: string | null
}

/**
 * Merges a change into the network's map or a cluster's, for every instance at once (spec/errors-and-gaps.md 20, 21).
 * A cluster's map is a part of its document, so the network's `update_cluster` policy is asked; the cluster's own is not,
 * or a policy that fails could never be taken out again.
 * @throws {GridError} `pre_check.unknown_action`, `pre_check.policy_unknown` when strict, `auth.forbidden`, `cluster.not_found`,
 *   `request.too_large`, `policy.changed` or `cluster.changed` after too many lost races, and what the policy says
 */
export async function updatePolicyMap(ports: MapPorts, request: MapRequest): Promise<ChangedMap> {
  const { clusterId, caller, requestId } = request
  requireOwner(caller, clusterId)
  const changes = readMapChange(request.change)
  const warnings = await unregistered(ports, changes, clusterId)
  if (request.strict && warnings.length > 0)
    throw new GridError('pre_check.policy_unknown', warnings.map(({ detail }) => detail).join('; '), {
      details: { problems: warnings },
    })

  const change = clusterId === null ? changeNetwork : changeCluster
  const work = () => retried(() => change(ports, { ...request, changes }))
  const { before, after } = await (clusterId === null ? work() : ports.clusters.inTurn(clusterId, work))
  const subject = clusterId === null ? 'policy-map network' : `policy-map cluster ${clusterId}`
  ports.trail.note({ subject, before, after })
  ports.log.info('policy_map.updated', { clusterId, actions: [...changes.keys()], requestId })
  return { map: after, warnings }
}

interface Change extends MapRequest {
  changes: ActionChanges
}
type BeforeAfter = Promise<{ before: Record<string, unknown>; after: Record<string, unknown> }>

async function changeNetwork(ports: MapPorts, { changes }: Change): BeforeAfter {
  const { map: before, version } = await ports.policyMaps.read()
  const after = mergeMap(before, changes)
  await ports.policyMaps.replace(after as PolicyMap, version)
  return { before, after }
}

async function changeCluster(ports: MapPorts, { clusterId, changes, caller, requestId }: Change): BeforeAfter {
  const { cluster, version } = await readCluster(ports, clusterId as ClusterId)
  const before = clusterMap(cluster)
  const merged = mergeMap(before, changes)
  const admitted = await guardDocument(
    ports,
    { caller, requestId },
    {
      action: 'update_cluster',
      current: withoutOwnGuard(cluster),
      cluster: { ...cluster, config: { ...cluster.config, actionsPolicyMap: merged } },
      beside: {
        current_cluster_data: asJson(cluster),
        update: { 'config.actionsPolicyMap': merged as JsonObject },
      },
    },
  )
  await ports.clusters.replace(admitted, version)
  return { before, after: clusterMap(admitted) }
}

/** The cluster without its own policy for `update_cluster`, which does not guard what decides about itself. */
export function withoutOwnGuard(cluster: Cluster): Cluster {
  const rest = Object.entries(clusterMap(cluster)).filter(([name]) => toPolicyAction(name) !== 'update_cluster')
  return { ...cluster, config: { ...cluster.config, actionsPolicyMap: Object.fromEntries(rest) } }
}

async function retried<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const lost = error instanceof GridError && (error.code === 'policy.changed' || error.code === 'cluster.changed')
      if (!lost || attempt >= attemptsMax) throw error
    }
  }
}

/** A warning for each policy that is not there for this map; until it is, its action admits nothing (spec/decisions.md 20). */
async function unregistered(
  ports: Needs<'policies'>,
  changes: ActionChanges,
  clusterId: ClusterId | null,
): Promise<Warning[]> {
  const found = await Promise.all(
    urisIn(changes).map(async ({ action, uri }): Promise<Warning | null> => {
      const stored = await ports.policies.find(PolicyUri.parse(uri))
      if (stored && servesCluster(stored.policy, clusterId)) return null
      const detail = `the policy ${uri} is not registered; until it is, ${action} answers 503 policy.not_found`
      return { code: 'pre_check.policy_unknown', detail, pointer: `/${action}` }
    }),
  )
  return found.filter((warning) => warning !== null)
}
