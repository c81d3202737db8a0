import type { ExecutionSwitch } from '../executor/execution-switch.ts'

/** What a policy is run with: one pinned version, its merged settings and parameters, and one input. */
export interface EvaluationRequest {
  /** The scope that owns the policy (`network` or `cluster:<id>`); tenants never share a process. */
  tenant: string
  code: PolicyCode
  settings: Record<string, unknown>
  parameters: Record<string, unknown>
  /** JSON text, handed to Python as it is: numbers keep their form. */
  inputJson: string
  /** JSON text of the policy's stored context, `{}` at first. */
  contextJson: string
  /**
   * What `eval` must return: a pre-check `verdict` (the default), or `any` JSON where the host reads another shape
   * (allocators, dry runs, stability checks, executors): then `inputDataJson` is the whole value and `allowed` is true.
   */
  expects?: 'verdict' | 'any'
  /** Where it runs: where the network's switch says, or this one; without it in the gateway's own sandbox. */
  runsOn?: 'network' | ExecutionSwitch
}

/** Python of one policy version: the text of `function.py`, or an archive that is unpacked inside the sandbox. */
export interface PolicyCode {
  /** sha256 (hex) of the bytes, which identifies the version. */
  digest: string
  kind: 'source' | 'archive'
  /** The source text, or the archive in base64. */
  data: string
}

/** Why an evaluation gave no verdict; a denial is not a failure. */
export type PolicyFailureCode =
  | 'policy.timeout'
  | 'policy.crashed'
  | 'policy.out_of_memory'
  | 'policy.bad_verdict'
  | 'policy.unavailable'
  | 'executor.unreachable'
  | 'executor.timeout'

/**
 * What came of one evaluation. `log` is what the policy printed, cut to 64 KB; `engine` is the id of the executor that was asked,
 * and missing where it was the gateway's own sandbox.
 */
export type Evaluation = { engine?: string } & (
  | { ok: true; allowed: boolean; inputDataJson: string; contextJson: string; log: string; durationMs: number }
  | { ok: false; code: PolicyFailureCode; message: string; line: number | null; log: string; durationMs: number }
)

/** What came of a `management(action, data)` call. */
export type ManagementResult =
  | { ok: true; outputJson: string; contextJson: string; log: string; durationMs: number }
  | { ok: false; code: PolicyFailureCode; message: string; line: number | null; log: string; durationMs: number }

/** Looks at code without running it as a policy: is the class there, are there requirements? */
export type Inspection =
  | { ok: true; requirements: string[] }
  | { ok: false; code: 'policy.invalid_code' | 'policy.unavailable'; message: string; line: number | null }

/** Port: the isolated place where policies run (packages/sandbox, behind functions/internal/evaluate-policy). */
export interface PolicyEngine {
  evaluate(request: EvaluationRequest): Promise<Evaluation>
  manage(
    request: Omit<EvaluationRequest, 'inputJson'> & { action: string; dataJson: string },
  ): Promise<ManagementResult>
  inspect(code: PolicyCode): Promise<Inspection>
}
