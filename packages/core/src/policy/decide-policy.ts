import { createHash } from 'node:crypto'
import { GridError } from '../errors.ts'
import { clusterSwitch } from '../executor/execution-switch.ts'
import type { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import type { Decision } from './decision.ts'
import type { Evaluation, EvaluationRequest } from './engine.ts'
import { jsonPatch, type PatchOperation } from './json-patch.ts'
import { loadBound } from './load-bound.ts'
import type { PolicyBinding } from './policy-map.ts'
import type { PreCheck } from './pre-check.ts'
import { runWithContext } from './run-with-context.ts'
import { readVerdict, type Verdict } from './verdict.ts'

/** Largest rewrite that a decision record holds, in bytes of JSON. */
const rewriteBytesMax = 64 * 1024

/** One policy asked about one action. */
export interface PolicyQuestion extends PreCheck {
  level: 'network' | 'cluster'
  /** What the level's map says; what cannot be read admits nothing. */
  binding: PolicyBinding | 'unreadable'
}

type DecidePorts = Needs<'policies' | 'policyContexts' | 'decisions' | 'engine' | 'clock' | 'ids' | 'log'>

/** What came of asking: a verdict or the failure that stands for none. */
interface Answer {
  digest: string | null
  /** `local`, or the executor that was asked. */
  engine: string
  durationMs: number
  outcome: Verdict | GridError
  /** From the input to what the policy returned. */
  rewrite: PatchOperation[]
}

/**
 * Runs one bound policy and records what came of it, also when it failed (spec/errors-and-gaps.md 23).
 * @returns the input to go on with
 * @throws {GridError} `pre_check.denied`, or the `policy.*` code of a failure
 */
export async function decidePolicy(ports: DecidePorts, question: PolicyQuestion): Promise<JsonObject> {
  const inputJson = JSON.stringify(question.input)
  const answer = await ask(ports, question, inputJson)
  const decision = toDecision(ports, question, inputJson, answer)
  await ports.decisions.append(decision)
  ports.log.info('policy.decided', {
    decisionId: decision.id,
    action: decision.action,
    level: decision.level,
    clusterId: decision.cluster_id,
    policyRuleUri: decision.policy_rule_uri,
    verdict: decision.verdict,
    code: decision.code,
    requestId: decision.request_id,
    taskId: decision.task_id,
    ms: decision.duration_ms,
  })
  const { outcome } = answer
  if (outcome instanceof GridError) throw failure(outcome, question, decision.id)
  if (!outcome.allowed) throw denial(outcome.reason, question, decision.id)
  return answer.rewrite.length === 0 ? question.input : outcome.input
}

async function ask(ports: DecidePorts, question: PolicyQuestion, inputJson: string): Promise<Answer> {
  const answer: Omit<Answer, 'outcome'> = { digest: null, engine: 'local', durationMs: 0, rewrite: [] }
  try {
    const { action, level, cluster, binding } = question
    const clusterId = cluster?.id ?? null
    if (binding === 'unreadable')
      throw new GridError('policy.not_found', `the ${level}'s map names no readable policy for ${action}`, {
        status: 503,
      })
    const bound = await loadBound(ports, { level, clusterId, binding })
    answer.digest = bound.code.digest
    const scope = { level, action, clusterId, policyRuleUri: binding.policyRuleURI, policyDigest: bound.code.digest }
    const evaluation = await runWithContext(ports, scope, async (contextJson) => {
      const result = await ports.engine.evaluate({ ...bound, inputJson, contextJson, runsOn: switchFor(question) })
      answer.engine = result.engine ?? 'local'
      answer.durationMs += result.durationMs
      return result.ok ? { ...result, verdict: readVerdict(result) } : result
    })
    if (!evaluation.ok) throw noVerdict(evaluation)
    const { verdict } = evaluation
    const isSame = verdict.allowed && evaluation.inputDataJson === inputJson
    const rewrite = verdict.allowed && !isSame ? jsonPatch(question.input, verdict.input) : []
    if (verdict.allowed && rewrite.length > 0) question.accept?.(verdict.input)
    return { ...answer, outcome: verdict, rewrite }
  } catch (error) {
    if (error instanceof GridError) return { ...answer, outcome: error }
    ports.log.error('policy.engine_failed', { error, requestId: question.requestId })
    return { ...answer, outcome: new GridError('policy.unavailable', 'the policy engine failed', { cause: error }) }
  }
}

/** A cluster's own policies run where its own switch says, or else where the network's does. */
const switchFor = ({ level, cluster }: PolicyQuestion): NonNullable<EvaluationRequest['runsOn']> =>
  (level === 'cluster' && cluster ? clusterSwitch(cluster) : null) ?? 'network'

const noVerdict = (failed: Extract<Evaluation, { ok: false }>): GridError =>
  new GridError(failed.code, failed.message, { details: failed.line === null ? {} : { line: failed.line } })

function toDecision(
  ports: Needs<'clock' | 'ids'>,
  question: PolicyQuestion,
  inputJson: string,
  answer: Answer,
): Decision {
  const { outcome, rewrite } = answer
  const failed = outcome instanceof GridError
  const tooLarge = rewrite.length > 0 && Buffer.byteLength(JSON.stringify(rewrite)) > rewriteBytesMax
  return {
    id: ports.ids.next(),
    at: ports.clock.now().toISOString(),
    action: question.action,
    level: question.level,
    cluster_id: question.cluster?.id ?? null,
    caller: question.caller.id,
    policy_rule_uri: uriIn(question),
    policy_digest: answer.digest,
    engine: answer.engine,
    input_sha256: createHash('sha256').update(inputJson).digest('hex'),
    verdict: failed ? 'failed' : outcome.allowed ? 'allowed' : 'denied',
    code: failed ? outcome.code : outcome.allowed ? null : 'pre_check.denied',
    reason: failed ? outcome.message : outcome.allowed ? null : outcome.reason,
    rewrite: tooLarge ? [] : rewrite,
    rewrite_too_large: tooLarge,
    duration_ms: answer.durationMs,
    request_id: question.requestId,
    task_id: question.taskId ?? null,
  }
}

/** A caller learns which policy gave no verdict and why in one word; the policy's own error text stays in the decision. */
function failure(cause: GridError, question: PolicyQuestion, decisionId: string): GridError {
  return new GridError(
    cause.code,
    `the policy ${uriIn(question)} gave no verdict on ${question.action}: ${cause.code}`,
    {
      cause,
      details: { ...about(question, decisionId), ...cause.details },
      status: cause.status,
      ...(cause.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: cause.retryAfterSeconds }),
    },
  )
}

const denial = (reason: string, question: PolicyQuestion, decisionId: string): GridError =>
  new GridError('pre_check.denied', reason, { details: about(question, decisionId) })

const about = (question: PolicyQuestion, decisionId: string): Record<string, unknown> => ({
  action: question.action,
  level: question.level,
  policy_rule_uri: uriIn(question),
  decision_id: decisionId,
})

const uriIn = ({ binding }: PolicyQuestion): string => (binding === 'unreadable' ? '' : binding.policyRuleURI)
