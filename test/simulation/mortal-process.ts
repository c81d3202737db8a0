import type { Store } from '@gridgate/storage/store'
import { tableFailure, type Weather } from './weather.ts'

/** The process of a function is gone; what it was about to do is not done. */
export class ProcessDied extends Error {}

/** One run of one function: it may die at any of its calls to the outside, before or after the call had its effect. */
export interface MortalProcess {
  /** Makes a call to the outside. Never settles once the process is dead. */
  reach<Result>(call: () => Promise<Result>): Promise<Result>
  /** Does the process's work. @throws {ProcessDied} */
  live<Result>(work: () => Promise<Result>): Promise<Result>
}

export function mortalProcess(weather: Weather): MortalProcess {
  const callsMax = weather.callsBeforeDeath()
  const diesAfterEffect = weather.random.chance(0.5)
  const death = Promise.withResolvers<never>()
  death.promise.catch(() => {}) // a process that nobody waits for may die too
  let [calls, isDead] = [0, false]
  const die = <Result>(): Promise<Result> => {
    isDead = true
    death.reject(new ProcessDied('the process died'))
    return new Promise(() => {})
  }
  return {
    async reach(call) {
      if (isDead) return die()
      const isLast = calls++ === callsMax
      if (isLast && !diesAfterEffect) return die()
      const result = await settled(call)
      if (isLast || isDead) return die()
      return result()
    },
    live: (work) => Promise.race([work(), death.promise]),
  }
}

/** What came of a call, to be had later: a value or a failure. */
async function settled<Result>(call: () => Promise<Result>): Promise<() => Result> {
  try {
    const result = await call()
    return () => result
  } catch (error) {
    return () => {
      throw error
    }
  }
}

/** The table as one process reaches it: over a network that delays, and loses questions and answers. */
export function reachedStore(store: Store, { reach }: MortalProcess, weather: Weather): Store {
  const ask = <Result>(call: () => Promise<Result>): Promise<Result> =>
    reach(async () => {
      await weather.dawdle(40)
      const fault = weather.strikes('tableFaults')
      if (fault === 'before') throw tableFailure()
      const result = await call()
      if (fault === 'after') throw tableFailure()
      return result
    })
  return {
    get: (key) => ask(() => store.get(key)),
    query: (query) => ask(() => store.query(query)),
    write: (...writes) => ask(() => store.write(...writes)),
    writeMany: (writes) => ask(() => store.writeMany(writes)),
    add: (...given) => ask(() => store.add(...given)),
  }
}
