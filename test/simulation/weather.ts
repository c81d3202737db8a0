import { GridError } from '@gridgate/core/errors'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** How often things go wrong, as shares of all times that they could. */
export interface Roughness {
  /** Of processes: they die at one of their calls. */
  deaths: number
  /** Of calls to the table. */
  tableFaults: number
  /** Of calls to a controller. */
  controllerFaults: number
  /** Of steps: their answer gets lost, so that they run again. */
  lostAnswers: number
  /** Of calls: they take long enough for others to come in between. */
  delays: number
}

/** Where in a call something goes wrong: before it had its effect, or after. */
export type Moment = 'before' | 'after'

/** Everything that goes wrong without anybody's doing. */
export interface Weather {
  /** Once it is calm everything works. */
  isCalm: boolean
  /** Calls to the outside that a process makes before it dies; null: it lives. */
  callsBeforeDeath(): number | null
  strikes(what: 'tableFaults' | 'controllerFaults' | 'lostAnswers'): Moment | null
  /** Waits a while, or not at all. */
  dawdle(msMax: number): Promise<void>
  random: Random
}

/** Calls that one process makes at most, so that each of them may be its last. */
const callsMax = 30

export function openWeather(random: Random, time: VirtualTime, rough: Roughness): Weather {
  const isHit = (share: number): boolean => !weather.isCalm && random.chance(share)
  const weather: Weather = {
    isCalm: false,
    random,
    callsBeforeDeath: () => (isHit(rough.deaths) ? random.between(0, callsMax) : null),
    strikes: (what) => (isHit(rough[what]) ? random.pick(['before', 'after']) : null),
    async dawdle(msMax) {
      if (isHit(rough.delays)) return time.sleep(random.between(1, msMax))
      for (let turns = random.between(0, 2); turns > 0; turns--) await null
    },
  }
  return weather
}

const controllerCodes = {
  // Nothing was done; some of these the definition repeats, others end the action.
  before: ['controller.unreachable', 'controller.too_slow', 'kube.throttled', 'kube.unreachable', 'kube.forbidden'],
  // Everything was done, and the caller does not know.
  after: ['controller.unreachable', 'controller.too_slow', 'controller.failed', 'kube.failed'],
} as const

export const controllerFailure = (random: Random, moment: Moment): GridError =>
  new GridError(random.pick(controllerCodes[moment]), `made up, ${moment} the effect`)

export const tableFailure = (): GridError =>
  new GridError('service.unavailable', 'the table does not answer', { retryAfterSeconds: 2 })
