import type { ControllerPorts } from '../controller-ports.ts'
import { lastSeenQuery } from './figure-query.ts'

/** A node counts as stale after as many intervals without a sample (spec/errors-and-gaps.md 86). */
const intervalsMax = 3
/** How long a node that no longer reports is shown, as stale, in seconds and in intervals; then it is forgotten. */
const shownSecondsMin = 3600
const shownIntervalsMin = 6

/** Longest age of a sample that says something about now, in seconds. */
export const freshSecondsOf = ({ collectIntervalSeconds }: { collectIntervalSeconds: number }): number =>
  Math.ceil(intervalsMax * collectIntervalSeconds)

/** Longest age of a sample of a node that is shown, in seconds. */
export const shownSecondsOf = ({ collectIntervalSeconds }: { collectIntervalSeconds: number }): number =>
  Math.max(shownSecondsMin, Math.ceil(shownIntervalsMin * collectIntervalSeconds))

/** Whether a node that was last heard of then, in Unix seconds, no longer counts at a moment. */
export const isStale = (settings: { collectIntervalSeconds: number }, timestamp: number, at: Date): boolean =>
  at.getTime() / 1000 - timestamp > freshSecondsOf(settings)

/** When a node was last heard of. */
export interface LastSeen {
  /** Unix seconds. */
  timestamp: number
  stale: boolean
}

/** Every node that reported within the time that is shown, in the order of ids. */
export async function readLastSeen(
  { settings, database }: Pick<ControllerPorts, 'settings' | 'database'>,
  at: Date,
): Promise<ReadonlyMap<string, LastSeen>> {
  const scope = { clusterId: settings.clusterId, windowSeconds: shownSecondsOf(settings) }
  const samples = await database.at(lastSeenQuery(scope), at)
  const seen = samples.flatMap(({ labels, value }) =>
    labels.node_id === undefined
      ? []
      : [[labels.node_id, { timestamp: value, stale: isStale(settings, value, at) }] as const],
  )
  return new Map(seen.sort(([a], [b]) => (a < b ? -1 : 1)))
}
