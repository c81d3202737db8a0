import { GridError } from '@gridgate/core/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paced } from './pacing.ts'

const throttled = (retryAfterSeconds: number) => new GridError('kube.throttled', 'wait', { retryAfterSeconds })

/** A clock that only pauses move, and what was paused. */
function pauses() {
  const taken: number[] = []
  let ms = 0
  return {
    taken,
    now: () => ms,
    async pause(given: number): Promise<void> {
      taken.push(given)
      ms += given
    },
    advance: (given: number) => {
      ms += given
    },
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('pacing', () => {
  it('does more and more at a time, up to the connections that there are', async () => {
    let running = 0
    const seen: number[] = []
    const work = async (): Promise<void> => {
      running += 1
      seen.push(running)
      await turn()
      running -= 1
    }
    await paced(numbers(400), work, { ...pauses(), msMax: 1000 })
    expect([Math.max(...seen.slice(0, 8)), Math.max(...seen)]).toEqual([8, 16])
  })

  it('halves what it does at a time, and pauses as long as it is told to', async () => {
    const clock = pauses()
    let running = 0
    let peak = 0
    let isBusy = true
    const work = async (item: number): Promise<number> => {
      running += 1
      if (clock.taken.length > 0 && item < 12) peak = Math.max(peak, running)
      await turn()
      running -= 1
      if (isBusy && item === 7) {
        isBusy = false
        throw throttled(2)
      }
      return item
    }
    const outcomes = await paced(numbers(12), work, { ...clock, msMax: 10_000 })
    expect(clock.taken).toEqual([2000])
    expect(peak).toBeLessThanOrEqual(5)
    expect(outcomes).toEqual(numbers(12).map((result) => ({ state: 'done', result })))
  })

  it('never waits longer for one refusal than 5 s, whatever is asked', async () => {
    const clock = pauses()
    let tries = 0
    const work = async (): Promise<void> => {
      tries += 1
      if (tries === 1) throw throttled(3600)
    }
    await paced([1], work, { ...clock, msMax: 10_000 })
    expect(clock.taken).toEqual([5000])
  })

  it('begins nothing after its time, and says of each item that it was late', async () => {
    const clock = pauses()
    const work = async (item: number): Promise<number> => {
      await turn()
      clock.advance(100)
      return item
    }
    const outcomes = await paced(numbers(20), work, { ...clock, msMax: 400 })
    expect(outcomes.filter(({ state }) => state === 'done').length).toBeGreaterThan(0)
    expect(outcomes.at(-1)).toEqual({ state: 'late' })
  })

  it('ends when its time is over within a pause', async () => {
    const work = async (): Promise<never> => {
      throw throttled(5)
    }
    expect(await paced([1], work, { ...pauses(), msMax: 1000 })).toEqual([{ state: 'late' }])
  })

  it('gives one item up after 8 refusals, and does not repeat another failure', async () => {
    const tried: Record<string, number> = {}
    const failed = new GridError('kube.forbidden', 'no')
    const work = async (item: string): Promise<void> => {
      tried[item] = (tried[item] ?? 0) + 1
      throw item === 'busy' ? throttled(1) : failed
    }
    const outcomes = await paced(['busy', 'denied'], work, { ...pauses(), msMax: 60_000 })
    expect(tried).toEqual({ busy: 8, denied: 1 })
    expect(outcomes).toMatchObject([
      { state: 'failed', error: { code: 'kube.throttled' } },
      { state: 'failed', error: failed },
    ])
  })

  it('does each item exactly once, whichever are refused at first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 60 }), async (refusals) => {
        const left = [...refusals]
        const done: number[] = []
        const work = async (index: number): Promise<void> => {
          await turn()
          const more = left[index] ?? 0
          left[index] = more - 1
          if (more > 0) throw throttled(1)
          done.push(index)
        }
        const outcomes = await paced(numbers(refusals.length), work, { ...pauses(), msMax: 1e9 })
        expect(outcomes.every(({ state }) => state === 'done')).toBe(true)
        expect(done.toSorted((a, b) => a - b)).toEqual(numbers(refusals.length))
      }),
      { numRuns: 50 },
    )
  })
})
