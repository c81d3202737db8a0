import type { InstanceView } from './instances.ts'

/** What became of an effect whose answer was unclear. */
export type Reconciled = 'done' | 'not_done' | 'unclear'

/** Time in which an order that its provider took may not show yet; an unchanged instance proves nothing before. */
const settleSecondsMin = 180

/**
 * Judges by two looks at an instance, one before the order and one after it (spec/decisions.md 36). It never says `not_done`
 * early: an order sent a second time would then end two instances.
 */
export function reconcile(effect: 'reboot' | 'replace', before: InstanceView, after: InstanceView): Reconciled {
  if (after.state === 'unknown') return 'unclear'
  const isSame = after.instance_id === before.instance_id && after.state !== 'gone'
  if (effect === 'replace') {
    if (!isSame || after.state === 'ending') return 'done'
    return after.state === 'running' && hasSettled(before, after) ? 'not_done' : 'unclear'
  }
  if (!isSame || after.state === 'ending') return 'not_done'
  if (before.started_at !== null && after.started_at !== null && after.started_at > before.started_at) return 'done'
  // A reboot leaves no trace at the providers: the node's own boot id tells (spec/failover.md §18).
  return 'unclear'
}

const hasSettled = (before: InstanceView, after: InstanceView): boolean =>
  Date.parse(after.seen_at) - Date.parse(before.seen_at) >= settleSecondsMin * 1000
