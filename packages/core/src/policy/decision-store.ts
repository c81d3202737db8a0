import type { Page } from '../page.ts'
import type { Decision } from './decision.ts'

/** Port: what policies decided. Records are only ever added; they expire. */
export interface DecisionStore {
  append(decision: Decision): Promise<void>
  find(id: string): Promise<Decision | null>
  /** Newest first; `after` is the `nextCursor` of the page before. */
  list(options: { after: string | null; limit: number }): Promise<Page<Decision>>
}
