import type { Definition, Retrier } from '@gridgate/local/step-functions/definition/definition'

/** Wait between two attempts, in seconds: the least that Amazon States Language allows. */
const intervalSeconds = 1

/** Time of a task that is to outlive it, and of an execution, in seconds; a busy machine gets well into the task within it. */
const taskSeconds = 5
const executionSeconds = 20

/**
 * The one change that definitions undergo before they run on both engines: every wait between two attempts is one second.
 * Nothing else takes time: how long a Wait state waits is told by the step before it, and scripted steps say no time.
 */
export function shorten(definition: Definition): Definition {
  const retry = (retrier: Retrier): Retrier => ({ ...retrier, IntervalSeconds: intervalSeconds, BackoffRate: 1 })
  const states = Object.entries(definition.States).map(([name, state]) => [
    name,
    'Retry' in state && state.Retry ? { ...state, Retry: state.Retry.map(retry) } : state,
  ])
  return { ...definition, States: Object.fromEntries(states) }
}

/** As `shorten`; and the time of one task, or of the whole execution, is short enough to be waited for. */
export function shortenTime(definition: Definition, of: { task: string } | 'execution'): Definition {
  const short = shorten(definition)
  if (of === 'execution') return { ...short, TimeoutSeconds: executionSeconds }
  const state = short.States[of.task]
  if (state?.Type !== 'Task') throw new Error(`${of.task} is no task`)
  return { ...short, States: { ...short.States, [of.task]: { ...state, TimeoutSeconds: taskSeconds } } }
}
