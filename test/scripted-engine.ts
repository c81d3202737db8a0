import type { JsonObject } from '@gridgate/core/json'
import type { Evaluation, Inspection, ManagementResult, PolicyCode, PolicyEngine } from '@gridgate/core/policy/engine'
import { archives, broken, printed, ScriptedFailure, type ScriptedPolicy, scripted } from './scripted-policies.ts'

const contextCharsMax = 64 * 1024

/**
 * The policy engine without Python: knows the policies of `scripted` by their source, and the archives. It keeps the promises
 * of `engine-contract.test.ts`, as the sandbox does.
 */
export function scriptedEngine(): PolicyEngine {
  return {
    async evaluate(request): Promise<Evaluation> {
      return settle(printed.get(request.code.data) ?? '', () => {
        const context = parse(request.contextJson)
        const output = policyOf(request.code).eval({
          parameters: structuredClone(request.parameters) as JsonObject,
          settings: structuredClone(request.settings) as JsonObject,
          input: parse(request.inputJson),
          context,
        })
        const { allowed, value } = request.expects === 'any' ? { allowed: true, value: output } : verdictOf(output)
        return { allowed, inputDataJson: JSON.stringify(value), contextJson: textOf(context) }
      })
    },
    async manage(request): Promise<ManagementResult> {
      return settle('', () => {
        const { manage } = policyOf(request.code)
        if (!manage) throw new ScriptedFailure('policy.bad_verdict', 'the policy has no management(action, data)')
        const context = parse(request.contextJson)
        const output = manage(request.action, parse(request.dataJson), context)
        return { outputJson: JSON.stringify(output), contextJson: textOf(context) }
      })
    },
    async inspect(code): Promise<Inspection> {
      if (code.data === archives.withRequirements) return { ok: true, requirements: ['requests==2'] }
      if (code.data === broken.syntax)
        return { ok: false, code: 'policy.invalid_code', message: "SyntaxError: expected ':'", line: 2 }
      if (code.data === broken.classless)
        return {
          ok: false,
          code: 'policy.invalid_code',
          message: 'function.py does not define the class AIOSv1PolicyRule',
          line: null,
        }
      return { ok: true, requirements: [] }
    },
  }
}

function policyOf(code: PolicyCode): ScriptedPolicy {
  const known = Object.values<ScriptedPolicy>(scripted).find(({ source }) => source === code.data)
  if (known) return known
  if (Object.values(archives).includes(code.data)) return scripted.admit
  throw new ScriptedFailure('policy.crashed', 'the scripted engine does not know this code')
}

function verdictOf(output: unknown): { allowed: boolean; value: unknown } {
  const verdict = (output ?? {}) as { allowed?: unknown; input_data?: unknown }
  if (typeof verdict.allowed !== 'boolean' || !('input_data' in verdict))
    throw new ScriptedFailure('policy.bad_verdict', 'eval returned no verdict')
  return { allowed: verdict.allowed, value: verdict.input_data }
}

function textOf(context: JsonObject): string {
  const text = JSON.stringify(context)
  if (text.length > contextCharsMax) throw new ScriptedFailure('policy.bad_verdict', 'the context is too large')
  return text
}

type Failure = { ok: false; code: ScriptedFailure['code']; message: string; line: number | null }

function settle<Result>(log: string, run: () => Result): ({ ok: true } & Result & Measured) | (Failure & Measured) {
  try {
    return { ok: true, ...run(), log, durationMs: 0.5 }
  } catch (error) {
    if (!(error instanceof ScriptedFailure)) throw error
    const { code, message, line } = error
    return { ok: false, code, message, line, log, durationMs: 0.5 }
  }
}

interface Measured {
  log: string
  durationMs: number
}

const parse = (text: string): JsonObject => JSON.parse(text) as JsonObject
