import { GridError } from '@gridgate/core/errors'
import type { MomentQuery } from '@gridgate/core/metrics/ask-reader'
import { z } from '@gridgate/http/z'
import type { TimeRange } from './database.ts'

/** A moment may lie this far ahead of our clock, because clocks differ. */
const aheadMsMax = 60_000
/** Points of one answer over a time. */
const pointsMax = 240
const pointsDefault = 60

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** The moment that is asked for, or null for now. @throws {GridError} `request.invalid` for what is no moment, or one in the future */
export function readMoment(text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null
  const ms = /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) * 1000 : dateTime(text)
  if (!Number.isFinite(ms)) throw invalid('at', 'is neither a date and time with its zone (RFC 3339) nor Unix seconds')
  if (ms > now.getTime() + aheadMsMax) throw invalid('at', 'is in the future')
  return new Date(ms)
}

/** The time that ends at a moment, or null where none is asked for. @throws {GridError} `request.invalid` */
export function readRange({ range, step }: Pick<MomentQuery, 'range' | 'step'>, end: Date): TimeRange | null {
  if (range === undefined && step === undefined) return null
  if (range === undefined) throw invalid('step', 'needs a range, for example range=1h')
  const seconds = readLength('range', range)
  const stepSeconds = step === undefined ? Math.ceil(seconds / pointsDefault) : readLength('step', step)
  if (seconds / stepSeconds > pointsMax)
    throw invalid(
      'step',
      `makes more than ${pointsMax} points of the range; take at least ${Math.ceil(seconds / pointsMax)}s`,
    )
  return { start: new Date(end.getTime() - seconds * 1000), end, stepSeconds }
}

const dateTime = (text: string): number =>
  z.iso.datetime({ offset: true }).safeParse(text).success ? Date.parse(text) : Number.NaN

function readLength(name: 'range' | 'step', text: string): number {
  const [, digits = '', unit = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? []
  const seconds = Number(digits) * (units[unit] ?? 0)
  if (!(seconds > 0)) throw invalid(name, 'is a whole number with s, m, h or d behind it, for example 30s')
  return seconds
}

const invalid = (name: string, what: string): GridError =>
  new GridError('request.invalid', `the query is not valid: ${name} ${what}`, {
    details: { problems: [{ in: 'query', pointer: `/${name}`, detail: what }] },
  })
