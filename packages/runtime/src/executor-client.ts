import { isIP } from 'node:net'
import type { AddressGuard } from '@gridgate/core/address-guard'
import { GridError } from '@gridgate/core/errors'
import { type Executor, executorName } from '@gridgate/core/executor/executor'
import { type ExecutorClient, evaluationBytesMax } from '@gridgate/core/executor/executor-client'
import type { Evaluation, EvaluationRequest, PolicyFailureCode } from '@gridgate/core/policy/engine'
import { EvaluationDone, EvaluationRequestWire, SandboxFailureCode } from '@gridgate/core/policy/engine-wire'
import type { Needs } from '@gridgate/core/ports'
import type { RemoteReply } from '@gridgate/remote/remote-client'
import { z } from 'zod'
import { requireAllowed } from './require-allowed.ts'
import { type SignedCaller, sendSigned } from './send-signed.ts'

/** Longest wait for an executor, its own waiting for a process (15 s) included, like that for the policy function. */
const answerMsMax = 20_000

const Success = z.object({ success: z.literal(true), data: EvaluationDone })
const Problem = z.object({
  code: SandboxFailureCode,
  detail: z.string(),
  details: z.object({ line: z.number().nullable(), log: z.string(), duration_ms: z.number() }),
})

export interface ExecutorClientOptions extends SignedCaller {
  guard: AddressGuard
}

/**
 * Runs policies on executors (spec/policies.md §7). Whatever is not a whole and well-formed answer of the sandbox there is
 * `executor.unreachable` or `executor.timeout`, so that nothing is admitted by accident.
 */
export function executorClient(ports: Needs<'clock' | 'ids'>, options: ExecutorClientOptions): ExecutorClient {
  return {
    requireCallable(hostUri) {
      const url = new URL(hostUri)
      const host = url.hostname.replace(/^\[|\]$/g, '')
      if (isIP(host) !== 0) requireAllowed(options.guard, url, host, Number(url.port || defaultPort(url)))
    },
    async evaluate(executor, request) {
      const startedAt = performance.now()
      const failed = (code: PolicyFailureCode, message: string): Evaluation => {
        return { ok: false, code, message, line: null, log: '', durationMs: performance.now() - startedAt }
      }
      const id = executor.executor_id
      try {
        const reply = await sendSigned(ports, options, callOf(executor, request))
        return read(reply) ?? failed('executor.unreachable', `the executor ${id} answered ${reply.status}, no verdict`)
      } catch (error) {
        if (!(error instanceof GridError)) throw error
        if (error.code === 'remote.too_slow')
          return failed('executor.timeout', `the executor ${id} did not answer in time`)
        return failed('executor.unreachable', `the executor ${id} cannot be reached: ${error.message}`)
      }
    },
  }
}

const defaultPort = ({ protocol }: URL): number => (protocol === 'https:' ? 443 : 80)

const callOf = (executor: Executor, request: EvaluationRequest): Parameters<typeof sendSigned>[2] => ({
  audience: executorName(executor.executor_id),
  base: executor.executor_host_uri.replace(/\/+$/, ''),
  method: 'POST',
  path: '/execute_policy',
  // What else a request holds, such as where it is to run, is none of the executor's business.
  body: JSON.stringify(EvaluationRequestWire.parse(request)),
  bytesMax: evaluationBytesMax,
  timeoutMs: answerMsMax,
})

/** Null for what is no answer of an executor. */
function read({ status, bytes }: RemoteReply): Evaluation | null {
  const body = parse(bytes)
  const done = Success.safeParse(body)
  if (status === 200 && done.success) return done.data.data
  const { data: problem } = Problem.safeParse(body)
  if (!problem) return null
  const { line, log, duration_ms: durationMs } = problem.details
  return { ok: false, code: problem.code, message: problem.detail, line, log, durationMs }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
