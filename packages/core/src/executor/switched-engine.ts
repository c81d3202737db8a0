import type { Evaluation, EvaluationRequest, PolicyEngine } from '../policy/engine.ts'
import type { Needs } from '../ports.ts'
import type { ExecutionSwitch } from './execution-switch.ts'
import { ExecutorId } from './executor.ts'

/**
 * The engine that runs each policy where its switch says, read at the moment of the decision. An executor that is not there, or
 * has no address, gives a failure: nothing is run elsewhere in its place.
 */
export function switchedEngine(
  ports: Needs<'executors' | 'executorClient' | 'policyExecution'>,
  local: PolicyEngine,
): PolicyEngine {
  return {
    async evaluate(request) {
      const { runsOn = null } = request
      const setting = runsOn === 'network' ? (await ports.policyExecution.read()).setting : runsOn
      if (setting === null || setting.mode === 'local') return local.evaluate(request)
      return evaluateOn(ports, setting.executor_id, request)
    },
    // What looks at code or changes a policy's own state stays at home: the original's executors do neither (spec/policies.md §7).
    manage: (request) => local.manage(request),
    inspect: (code) => local.inspect(code),
  }
}

async function evaluateOn(
  ports: Needs<'executors' | 'executorClient'>,
  name: ExecutionSwitch['executor_id'],
  request: EvaluationRequest,
): Promise<Evaluation> {
  const engine = name ?? ''
  const id = ExecutorId.safeParse(name)
  const stored = id.success ? await ports.executors.find(id.data) : null
  if (!stored) return { ...unreachable(`the executor ${engine} is not registered`), engine }
  if (stored.executor.executor_host_uri === '')
    return { ...unreachable(`the executor ${engine} has no address`), engine }
  return { ...(await ports.executorClient.evaluate(stored.executor, request)), engine }
}

const unreachable = (message: string): Evaluation => ({
  ok: false,
  code: 'executor.unreachable',
  message,
  line: null,
  log: '',
  durationMs: 0,
})
