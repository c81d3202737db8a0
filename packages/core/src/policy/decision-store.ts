import type { Page } from '../page.ts'
import type { Decision } from './decision.ts'

export interface DecisionFilter {
  action?: string
  clusterId?: string
  verdict?: 'allowed' | 'denied' | 'failed'
}

/** Port: what policies decided, newest first. */
export interface DecisionStore {
  append(decision: Decision): Promise<void>
  find(id: string): Promise<Decision | null>
  list(filter: DecisionFilter, options: { cursor: string | null; limit: number }): Promise<Page<Decision>>
}
