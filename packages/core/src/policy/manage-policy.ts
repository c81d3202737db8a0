import type { Cluster } from '../cluster/cluster.ts'
import { GridError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import type { PolicyAction } from './actions.ts'
import { loadBound } from './load-bound.ts'
import { bindingOf, clusterMap } from './policy-map.ts'
import { runWithContext } from './run-with-context.ts'
import { readOutput } from './verdict.ts'

/** A management command for the policy that guards an action. */
export interface ManagementCommand {
  /** Whose map names the policy. */
  level: 'network' | 'cluster'
  action: PolicyAction
  cluster: Cluster | null
  command: string
  data: JsonObject
}

/**
 * Calls `management(command, data)` of the policy that guards an action, on that policy's context, so that the next pre-check
 * sees what the command changed (spec/policies.md §1).
 * @returns what the policy returned
 * @throws {GridError} `policy.not_found` when nothing guards the action, and the `policy.*` code of a failure
 */
export async function managePolicy(
  ports: Needs<'policyMaps' | 'policies' | 'policyContexts' | 'engine'>,
  { level, action, cluster, command, data }: ManagementCommand,
): Promise<Json> {
  const map = level === 'network' ? (await ports.policyMaps.read()).map : cluster ? clusterMap(cluster) : {}
  const binding = bindingOf(map, action)
  if (binding === null || binding === 'unreadable')
    throw new GridError('policy.not_found', `no policy of the ${level} guards ${action}`)

  const bound = await loadBound(ports, { level, clusterId: cluster?.id ?? null, binding })
  const scope = {
    level,
    clusterId: cluster?.id ?? null,
    action,
    policyRuleUri: binding.policyRuleURI,
    policyDigest: bound.code.digest,
  }
  const result = await runWithContext(ports, scope, (contextJson) =>
    ports.engine.manage({ ...bound, contextJson, action: command, dataJson: JSON.stringify(data) }),
  )
  if (result.ok) return readOutput(result.outputJson)
  throw new GridError(result.code, result.message, { details: result.line === null ? {} : { line: result.line } })
}
