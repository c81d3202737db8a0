import type { z } from 'zod'
import { invalidBody, problemsOf } from '../cluster/invalid-document.ts'

/** Reads an alarm, or a part of one, by its schema. @throws {GridError} `alarm.invalid` with a pointer for each problem */
export function parseAlarm<Value>(schema: z.ZodType<Value>, body: unknown): Value {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw invalidBody(problemsOf(parsed.error), 'alarm.invalid')
}
