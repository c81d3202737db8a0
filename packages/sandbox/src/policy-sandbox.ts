import type { Evaluation, Inspection, ManagementResult, PolicyEngine } from '@gridgate/core/policy/engine'
import { limits } from './limits.ts'
import { findBubblewrap } from './parent/bubblewrap.ts'
import type { Command } from './parent/child-channel.ts'
import { childCommand } from './parent/child-command.ts'
import { codeProblem, interpreterKey, loadCall, type PolicyIdentity } from './parent/policy-code.ts'
import { readReply } from './parent/reply.ts'
import { TenantPool } from './parent/tenant-pool.ts'
import type { Job, Outcome } from './parent/tenant-runner.ts'
import { systemTimers, type Timers } from './parent/timers.ts'
import { failureOf, inspectionOf } from './parent/verdict.ts'
import { places } from './places.ts'
import { buildSnapshot } from './snapshot/ensure-snapshot.ts'
import { snapshotOffset } from './snapshot/snapshot-file.ts'
import type { ChildSettings } from './wire.ts'

/** How the sandbox is set up; everything has a default. */
export interface PolicySandboxOptions {
  /** Where the memory snapshot is kept: node_modules/.cache/gridgate of the repository. */
  snapshotFolder?: string
  idleSecondsMax?: number
  evaluateMsMax?: number
  loadMsMax?: number
  processesMax?: number
  interpretersMax?: number
  processMbMax?: number
  /** Wrap processes in bubblewrap: `auto` (where it is installed and works) or `off`. */
  bubblewrap?: 'auto' | 'off'
  timers?: Timers
  log?: (event: string, details: Record<string, unknown>) => void
  /** What is started instead of the sandbox process, in a test of how a hostile one is met. */
  command?: Command
}

/** What the sandbox holds at the moment. */
export interface PolicySandboxStats {
  /** Process id by tenant; `inspection` has the one that looks at code. */
  processes: Record<string, number>
  /** Processes started since the sandbox was opened. */
  started: number
}

/** A policy engine that can be looked at and closed. */
export interface PolicySandbox extends PolicyEngine {
  /** Ends every process; resolves once they are gone. Calls in hand end as `policy.unavailable`. */
  close(): Promise<void>
  stats(): PolicySandboxStats
}

/** The pool's name for code that is looked at: not a tenant, as scopes are prefixed. */
const inspectionScope = 'inspection'

/**
 * Opens the place where policies run: CPython in WebAssembly, in an empty V8 isolate, in a process that holds nothing.
 * Nothing starts before the first call. One process per tenant (spec/decisions.md 46); one interpreter per tenant, digest,
 * settings and parameters, which callers of that policy share: what it keeps on `self` or in modules may be there at the
 * next call or not, so state belongs into `context`. Whatever goes wrong gives a failure, never a verdict.
 */
export function openPolicySandbox(options: PolicySandboxOptions = {}): PolicySandbox {
  const { evaluateMsMax = limits.evaluateMsMax, loadMsMax = limits.loadMsMax } = options
  const pool = new TenantPool({
    command: commandOf(options),
    timers: options.timers ?? systemTimers,
    idleMsMax: (options.idleSecondsMax ?? limits.idleSecondsMax) * 1000,
    processesMax: options.processesMax ?? limits.processesMax,
    onEvent: options.log ?? (() => {}),
  })

  /** Runs a call, and says how long it took from here, waiting included. */
  async function run(scope: string, job: Omit<Job, 'read'>): Promise<{ outcome: Outcome; durationMs: number }> {
    const before = performance.now()
    const isTooLarge = job.request.parts.reduce((sum, part) => sum + part.length, 0) > limits.inputCharsMax
    const outcome = isTooLarge ? inputTooLarge : await pool.run(scope, { ...job, read: readReply })
    return { outcome, durationMs: performance.now() - before }
  }

  async function runPolicy(policy: PolicyIdentity, call: 'evaluate' | 'manage', parts: string[]) {
    const request = { key: interpreterKey(policy), call, parts, wallMsMax: evaluateMsMax }
    return run(`tenant:${policy.tenant}`, { request, load: () => loadCall(policy, loadMsMax) })
  }

  return {
    async evaluate(request): Promise<Evaluation> {
      const parts = [request.inputJson, request.contextJson, request.expects ?? 'verdict']
      const { outcome, durationMs } = await runPolicy(request, 'evaluate', parts)
      if (outcome.kind === 'died' || !outcome.reply.ok) return { ...failureOf(outcome), durationMs }
      const { allowed = false, payloadJson: inputDataJson, contextJson, log } = outcome.reply
      return { ok: true, allowed, inputDataJson, contextJson, log, durationMs }
    },

    async manage(request): Promise<ManagementResult> {
      const parts = [request.action, request.dataJson, request.contextJson]
      const { outcome, durationMs } = await runPolicy(request, 'manage', parts)
      if (outcome.kind === 'died' || !outcome.reply.ok) return { ...failureOf(outcome), durationMs }
      const { payloadJson: outputJson, contextJson, log } = outcome.reply
      return { ok: true, outputJson, contextJson, log, durationMs }
    },

    async inspect(code): Promise<Inspection> {
      const problem = codeProblem(code)
      if (problem) return { ok: false, code: 'policy.invalid_code', message: problem, line: null }
      const parts = [JSON.stringify({ kind: code.kind, limits }), code.data]
      const request = { key: inspectionScope, call: 'inspect_code', parts, wallMsMax: limits.inspectMsMax } as const
      const { outcome } = await run(inspectionScope, { request, load: neverLoaded })
      return inspectionOf(outcome)
    },

    close: () => pool.close(),
    stats: () => pool.stats(),
  }
}

const inputTooLarge: Outcome = {
  kind: 'died',
  death: 'memory',
  message: `the input and the context have more than ${limits.inputCharsMax} characters`,
}

function neverLoaded(): never {
  throw new Error('code that is looked at is not loaded')
}

/** How a scope's process is started; the snapshot and bubblewrap are looked for once, again only after a failure. */
function commandOf(options: PolicySandboxOptions): (scope: string) => Promise<Command> {
  const { command } = options
  if (command) return async () => command
  let prepared: Promise<{ file: string; bubblewrap: string | null }> | null = null

  return async (scope) => {
    prepared ??= prepare(options).catch((error: unknown) => {
      prepared = null
      throw error
    })
    const { file, bubblewrap } = await prepared
    const settings: ChildSettings = {
      snapshotFile: file,
      snapshotOffset,
      pyodideFolder: places.pyodide,
      pythonHeapMbMax: limits.pythonHeapMbMax,
      interpretersMax: options.interpretersMax ?? limits.interpretersMax,
      processMbMax: options.processMbMax ?? limits.processMbMax,
      spare: scope !== inspectionScope,
    }
    return childCommand(settings, bubblewrap)
  }
}

async function prepare(options: PolicySandboxOptions): Promise<{ file: string; bubblewrap: string | null }> {
  const wrapped = options.bubblewrap === 'off' ? null : findBubblewrap()
  const [{ file }, bubblewrap] = await Promise.all([buildSnapshot(options.snapshotFolder), wrapped])
  options.log?.('sandbox.prepared', { snapshot: file, bubblewrap: bubblewrap !== null })
  return { file, bubblewrap }
}
