import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'

/** How often a policy runs again when its context was changed meanwhile (spec/decisions.md 22). */
const rerunsMax = 3
/** Largest stored context, in bytes of JSON. */
const contextBytesMax = 64 * 1024

/** Whose context: one document per level, cluster, action and policy. The network's policies have one for all clusters. */
export interface ContextScope {
  level: 'network' | 'cluster'
  clusterId: string | null
  action: string
  policyRuleUri: string
  /** Another code under the same URI, after a removal, starts afresh. */
  policyDigest: string
}

/**
 * Runs a policy on its stored context and saves what it made of it by compare-and-set, denials too;
 * when somebody else saved in between, the policy runs again on the newer one.
 * A run that failed saves nothing.
 * @throws {GridError} `policy.context_conflict` when it met other writers every time, `policy.bad_verdict` for a context that is too large
 */
export async function runWithContext<Result extends { ok: true; contextJson: string } | { ok: false }>(
  ports: Needs<'policyContexts'>,
  scope: ContextScope,
  run: (contextJson: string) => Promise<Result>,
): Promise<Result> {
  const name = contextName(scope)
  for (let attempt = 0; attempt <= rerunsMax; attempt++) {
    const stored = await ports.policyContexts.read(name)
    const result = await run(stored.json)
    if (!result.ok || result.contextJson === stored.json) return result
    if (Buffer.byteLength(result.contextJson) > contextBytesMax)
      throw new GridError(
        'policy.bad_verdict',
        `the context of ${scope.policyRuleUri} is over ${contextBytesMax} bytes`,
      )
    if (await ports.policyContexts.replace(name, result.contextJson, stored.version)) return result
  }
  throw new GridError(
    'policy.context_conflict',
    `the context of ${scope.policyRuleUri} changed during each of ${rerunsMax + 1} runs`,
    { retryAfterSeconds: 1 },
  )
}

const contextName = ({ level, clusterId, action, policyRuleUri, policyDigest }: ContextScope): string =>
  [level, level === 'cluster' ? clusterId : '', action, policyRuleUri, policyDigest].join('#')
