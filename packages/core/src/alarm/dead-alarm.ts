import { z } from 'zod'
import type { Page } from '../page.ts'
import type { ListOptions } from './alarm-store.ts'

/** Longest message that is kept whole, in characters: EventBridge sends 256 KB at most. */
const messageCharactersMax = 262_144

/** A message of the alarm queue that could not be handled, however often it was tried. */
export const DeadAlarm = z.object({
  id: z.string().min(1).max(100),
  at: z.string().describe('When it was given up, ISO 8601'),
  event_id: z.string().nullable().describe('The event it was about; null for one that never became one'),
  message: z.string().max(messageCharactersMax),
})
export type DeadAlarm = z.infer<typeof DeadAlarm>

/** Port: messages that could not be handled, until somebody looks at them. They expire. */
export interface DeadAlarmStore {
  /** The same message twice is one. */
  put(dead: DeadAlarm): Promise<void>
  find(id: string): Promise<DeadAlarm | null>
  remove(id: string): Promise<void>
  /** Newest first. */
  list(options: ListOptions): Promise<Page<DeadAlarm>>
}
