import type { Json } from '../../aws/service.ts'
import type { WaitState } from '../definition/definition.ts'
import { evaluate, evaluateAs, queryFailure } from '../evaluation.ts'
import type { ExecutionRun } from '../execution-run.ts'
import type { Frame } from '../frame.ts'
import { taskSecondsMax } from '../limits.ts'
import { parseTimestamp } from '../timestamp.ts'
import { leave } from '../transitions.ts'

/** Sets the moment until which the state waits; a moment that has passed is due at once. */
export async function startWait(run: ExecutionRun, frame: Frame, state: WaitState): Promise<void> {
  frame.body.visit.stage = { kind: 'waiting', until: await endOfWait(run, frame, state) }
  run.touch(frame)
}

async function endOfWait(run: ExecutionRun, frame: Frame, state: WaitState): Promise<number> {
  if (state.Timestamp === undefined) {
    const seconds = {
      name: 'number',
      is: (value: Json) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= taskSecondsMax,
    }
    const place = { template: state.Seconds ?? 0, location: 'Seconds' }
    return run.host.clock.now() + ((await evaluateAs(run, frame, seconds, place)) as number) * 1_000
  }
  const value = await evaluate(run, frame, { template: state.Timestamp, location: 'Timestamp' })
  const at = typeof value === 'string' ? parseTimestamp(value) : null
  if (at !== null) return at
  const shown = typeof value === 'string' ? value : JSON.stringify(value)
  const reason = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${shown}`
  throw queryFailure(frame, reason, 'Timestamp')
}

/** The moment has come. */
export async function endWait(run: ExecutionRun, frame: Frame, state: WaitState): Promise<void> {
  const { input } = frame.body.visit
  await leave(run, frame, { next: state.Next, output: state.Output, assign: state.Assign, fallback: input })
}
