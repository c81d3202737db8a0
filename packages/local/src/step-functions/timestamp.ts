const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

/** Milliseconds since 1970 of an RFC 3339 time with capital T and Z or an offset, or null; finer fractions are cut. */
export function parseTimestamp(text: string): number | null {
  const [, moment, fraction = '', offset] = rfc3339.exec(text) ?? []
  if (!moment || !offset) return null
  const [, month = 0, day = 0] = moment.slice(0, 10).split('-').map(Number)
  const daysOfMonth = new Date(Date.UTC(Number(moment.slice(0, 4)), month, 0)).getUTCDate()
  const ms = day > daysOfMonth ? Number.NaN : Date.parse(`${moment}${fraction.slice(0, 4)}${offset}`)
  return Number.isNaN(ms) ? null : ms
}
