import type { ActionRecord } from '@gridgate/core/action/action'
import type { Effect } from './simulated-cluster.ts'

/** What must never happen, by the name of the promise that it breaks. */
export type Promised =
  | 'within_budget'
  | 'one_effect_per_incident'
  | 'only_own_cordons_undone'
  | 'recorded'
  | 'one_action_per_target'
  | 'one_action_per_id'
  | 'nothing_left_open'
  | 'nothing_held_unknown'
  | 'no_surprise'

export interface Violation {
  promise: Promised
  said: string
}

/** What a caller was answered. */
export interface Reply {
  id: string
  /** What was asked for, as text. */
  content: string
  /** The code of a refusal; null where there is a record. */
  code: string | null
  record: Pick<ActionRecord, 'state' | 'task_id'> | null
}

/** What happened in one simulation, as people, clusters and the API's readers saw it. */
export interface Journal {
  effects: Effect[]
  replies: Reply[]
  /** Tasks whose workflow was stopped from outside. */
  killed: Set<string>
  /** Tasks in the order in which they were seen first, and how many breakers had been reset by then. */
  begun: { id: string; resumes: number }[]
  resumes: number
  violations: Violation[]
  /** How often what happened, so that a run can show that it met what it is about. */
  tally: Map<string, number>
}

export const newJournal = (): Journal => ({
  effects: [],
  replies: [],
  killed: new Set(),
  begun: [],
  resumes: 0,
  violations: [],
  tally: new Map(),
})

export const count = ({ tally }: Journal, what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1)

/** Notes a violation; the same one is told once. */
export function violated(journal: Journal, promise: Promised, said: string): void {
  if (journal.violations.some((known) => known.promise === promise && known.said === said)) return
  journal.violations.push({ promise, said })
}
