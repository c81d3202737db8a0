import { z } from 'zod'

/** RFC 3339, also with the zone as CloudWatch writes it (`+0000`) and with fractions as Go writes them. */
const pattern = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})$/
/** Go's zero time and the like: no alarm changed before this. */
const earliestYear = 2000

/** When an alarm changed its state, as any source writes it; becomes ISO 8601 in UTC with milliseconds. */
export const StateTime = z
  .string()
  .max(64)
  .transform((text, context) => {
    const at = read(text)
    if (at !== null) return at
    context.addIssue({ code: 'custom', message: 'must be a date and time with its zone (RFC 3339)' })
    return z.NEVER
  })

function read(text: string): string | null {
  const [, moment, fraction = '', zone = ''] = pattern.exec(text) ?? []
  if (moment === undefined) return null
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(-2)}`
  const at = new Date(`${moment}${fraction.slice(0, 4)}${offset}`)
  return at.getUTCFullYear() >= earliestYear ? at.toISOString() : null
}
