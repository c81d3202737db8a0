import type { ControllerPorts } from '../controller-ports.ts'
import { type ClusterView, databaseView } from './cluster-view.ts'
import type { MetricsDatabase } from './database.ts'
import { type Reading, takeReading, viewOf } from './reading.ts'

/** Port: the cluster's nodes as they are now. */
export interface Latest {
  /**
   * From memory while somebody asks, so at once; the first question after a pause waits for the database.
   * @throws {GridError} `metrics.unavailable`
   */
  view(): Promise<ClusterView>
}

/** The latest figures as the program that keeps them holds them. */
export interface KeptLatest extends Latest {
  /** Settles when nothing is asked of the database any more, after the pauses were ended. */
  ended(): Promise<unknown>
}

export interface LatestOptions {
  /** Settles after so many milliseconds; fails at once when the program stops. */
  pause(ms: number): Promise<unknown>
  /** Most nodes that are remembered; of more, each question is one to the database. */
  nodesMax?: number
}

/** 4 kB each, and 36 while they are read: so many fit the container, which has 256 MiB. */
const nodesMaxDefault = 3_000
/** Longest time for all questions of one reading, in ms; who asks waits less, and finds it the next time. */
const readingMsMax = 20_000
/** Without a question for so long, the figures are not kept up to date any more, in ms. */
const askedMsMax = 10 * 60_000
/** Bounds of the pause between two readings, which is the interval that samples are collected in, in seconds. */
const pauseSecondsMin = 1
const pauseSecondsMax = 60
/** After as many pauses a reading is no answer any more: the one that should have followed it failed. */
const pausesMax = 2

/**
 * Remembers the figures of all nodes, and reads them anew each time that new samples are due, while somebody asks. There is
 * one reading at a time. When readings fail, the last one serves for two intervals; then the failure is told.
 */
export function keepLatest(
  ports: Pick<ControllerPorts, 'settings' | 'database' | 'clock'>,
  { pause, nodesMax = nodesMaxDefault }: LatestOptions,
): KeptLatest {
  const { settings, clock } = ports
  const pauseMs = 1000 * Math.min(Math.max(settings.collectIntervalSeconds, pauseSecondsMin), pauseSecondsMax)
  let known: Reading | null = null
  let underWay: Promise<Reading> | null = null
  let keeping: Promise<void> | null = null
  let askedAt = 0

  async function read(): Promise<Reading> {
    const deadline = AbortSignal.timeout(readingMsMax)
    const at: MetricsDatabase['at'] = (query, moment) => ports.database.at(query, moment, deadline)
    try {
      known = await takeReading({ settings, database: { ...ports.database, at } }, clock.now(), nodesMax)
      return known
    } finally {
      underWay = null
    }
  }
  function readOnce(): Promise<Reading> {
    underWay ??= read()
    return underWay
  }
  async function keepReading(): Promise<void> {
    while (clock.now().getTime() - askedAt < askedMsMax) {
      await pause(pauseMs)
      // Whoever asks when nothing is known any more asks again, and is told.
      await readOnce().catch(() => undefined)
    }
    known = null
    keeping = null
  }
  return {
    async view() {
      const now = clock.now()
      askedAt = now.getTime()
      // A pause that was ended fails; then there is nobody left to read for.
      keeping ??= keepReading().catch(() => undefined)
      const isKnown = known !== null && now.getTime() - known.at.getTime() <= pausesMax * pauseMs
      const { nodes } = known !== null && isKnown ? known : await readOnce()
      return nodes === null ? databaseView(ports, now) : viewOf(settings, nodes, now)
    },
    ended: () => Promise.allSettled([keeping, underWay]),
  }
}
