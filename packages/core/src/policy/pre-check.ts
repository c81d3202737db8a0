import type { Caller } from '../caller.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { JsonObject } from '../json.ts'
import type { GuardPort, Needs } from '../ports.ts'
import type { PolicyAction } from './actions.ts'
import { decidePolicy } from './decide-policy.ts'
import { bindingOf, clusterMap } from './policy-map.ts'

/** What a guarded operation tells its policies. */
export interface PreCheck {
  action: PolicyAction
  /** The cluster as just read, whose own map is asked after the network's; null where there is none. */
  cluster: Cluster | null
  caller: Caller
  requestId: string | null
  taskId?: string | null
  /** The documented input of the action (spec/policies.md §9, spec/decisions.md 19). */
  input: JsonObject
  /** Looks at what a policy returned in place of the input, so that its record tells what came of it. @throws {GridError} `policy.bad_verdict` */
  accept?(input: JsonObject): void
}

type PreCheckPorts = Needs<GuardPort>

/**
 * Asks the policy of the network, then the one of the cluster, whether the action may be done; without a policy it may.
 * What a policy returns replaces the input for the next one and for the caller, who validates it again before use;
 * where it returns what it was given, that is the very same object.
 * Both maps are read now, so a change of a map holds from the next request on. Fails closed: nothing may be written
 * when this throws.
 * @throws {GridError} `pre_check.denied`; `policy.not_found` (503) and the other `policy.*` codes when no verdict was to be had
 */
export async function preCheck(ports: PreCheckPorts, check: PreCheck): Promise<{ input: JsonObject }> {
  const input = await askNetwork(ports, check)
  return { input: await askCluster(ports, { ...check, input }) }
}

/** Asks the network's policy alone. @returns the input to go on with @throws {GridError} like `preCheck` */
export async function askNetwork(ports: PreCheckPorts, check: PreCheck): Promise<JsonObject> {
  const { map } = await ports.policyMaps.read()
  return askLevel(ports, check, 'network', map)
}

/** Asks the cluster's own policy alone, where there is a cluster. @returns the input to go on with @throws {GridError} like `preCheck` */
export async function askCluster(ports: PreCheckPorts, check: PreCheck): Promise<JsonObject> {
  return check.cluster ? askLevel(ports, check, 'cluster', clusterMap(check.cluster)) : check.input
}

async function askLevel(
  ports: PreCheckPorts,
  check: PreCheck,
  level: 'network' | 'cluster',
  map: Readonly<Record<string, unknown>>,
): Promise<JsonObject> {
  const binding = bindingOf(map, check.action)
  if (!binding) return check.input
  return decidePolicy(ports, { ...check, level, binding })
}
