import { AwsError } from '../aws/service.ts'

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/**
 * The period of a schedule such as `rate(5 minutes)`, in ms (EventBridge User Guide, "Rate expressions").
 * @throws {AwsError} ValidationException for other texts; `cron(...)` is refused by name.
 */
export function periodOf(expression: string): number {
  if (expression.startsWith('cron('))
    throw new AwsError('ValidationException', 'cron expressions are not supported by the embedded cloud; use rate(...)')
  const [, count = '', unit = '', plural = ''] = /^rate\((\d{1,6}) (minute|hour|day)(s?)\)$/.exec(expression) ?? []
  const number = Number(count)
  // A singular value must have a singular unit, as in AWS.
  if (number < 1 || (number === 1) !== (plural === ''))
    throw new AwsError('ValidationException', 'Parameter ScheduleExpression is not valid.')
  return number * unitMs[unit as keyof typeof unitMs]
}

/** The first moment after `now` that lies a whole number of periods after `last`: missed runs are made up for once. */
export function nextRun(last: number, period: number, now: number): number {
  return last + period * Math.max(1, Math.ceil((now + 1 - last) / period))
}
