import { z } from 'zod'
import { type ErrorCode, errorStatuses } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { finishTask, type Outcome } from './finish-task.ts'
import { TaskId } from './task.ts'

/** What a definition's Catch puts into the state: `$states.errorOutput` and the state that failed. */
export const Failure = z.object({
  Error: z.string().nullable().optional(),
  Cause: z.string().nullable().optional(),
  Step: z.string().optional(),
})
export type Failure = z.infer<typeof Failure>

/** State of a workflow's closing steps. */
export const FailedState = z.looseObject({ taskId: TaskId, failure: Failure })
export type FailedState = z.infer<typeof FailedState>

/** Ends the task as failed, for the reason that a Catch saw. Safe to run again; a finished task stays as it is. */
export async function failTask(
  ports: Needs<'tasks' | 'clock' | 'kubeconfigs' | 'log'>,
  state: FailedState,
): Promise<FailedState> {
  await finishTask(ports, state.taskId, failureOf(state.failure))
  return state
}

/** Names code and text of a failure. Only our own texts are shown; of foreign ones it is told what kind they were. */
export function failureOf(failure: Failure): Outcome & { status: 'failed' } {
  const step = failure.Step ?? null
  const where = step ?? 'a step'
  const name = failure.Error ?? ''
  const message = messageOf(failure)
  if (name === 'task.cancel_incomplete')
    return {
      status: 'failed',
      code: name,
      error: `not everything was taken back: ${message ?? `${where} failed`}`,
      step,
    }
  if (isKnown(name)) return { status: 'failed', code: name, error: message ?? `${where} failed`, step }
  if (name === 'States.Timeout')
    return { status: 'failed', code: 'task.timed_out', error: `${where} did not end within its time`, step }
  return { status: 'failed', code: 'internal', error: `${where} met an unforeseen failure`, step }
}

const isKnown = (name: string): name is ErrorCode => Object.hasOwn(errorStatuses, name)

/** The message in the JSON text that a function's failure leaves as its cause. */
function messageOf(failure: Failure): string | null {
  try {
    const cause: unknown = JSON.parse(failure.Cause ?? '')
    const message = (cause as { errorMessage?: unknown } | null)?.errorMessage
    return typeof message === 'string' && message !== '' ? message : null
  } catch {
    return null
  }
}
