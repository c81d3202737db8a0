import { describe, expect, it } from 'vitest'
import { describeOnEveryStore } from './contract.ts'
import { memoryStore } from './memory-store.ts'
import { rateLimiter } from './rate-limiter.ts'
import type { Store } from './store.ts'

const minute = 60_000
const start = Date.UTC(2030, 0, 1)
const never = (): Promise<void> => new Promise(() => {})

/** Processes that share a store, and how often they wrote. */
function opened(store: Store, { processes = 1, perMinuteMax = 600, wait = never } = {}) {
  let now = start
  let writes = 0
  const warnings: string[] = []
  const counted: Store = {
    ...store,
    add(row, amounts) {
      writes += 1
      return store.add(row, amounts)
    },
  }
  const log = { info() {}, warn: (event: string) => void warnings.push(event), error() {} }
  const ports = { clock: { now: () => new Date(now) }, log }
  const limiters = Array.from({ length: processes }, () => rateLimiter(counted, ports, { perMinuteMax, wait }))
  return {
    warnings,
    writes: () => writes,
    take: (process = 0, who = 'k') => limiters[process]?.take(who) ?? null,
    pass(ms: number) {
      now += ms
    },
  }
}

/** How many of so many requests, one after another on whichever process, are let through. */
async function letThrough(
  { take }: ReturnType<typeof opened>,
  requests: number,
  processOf: (request: number) => number,
) {
  let count = 0
  for (let request = 0; request < requests; request++)
    if ((await take(processOf(request)))?.isExceeded === false) count += 1
  return count
}

describeOnEveryStore('the rate limiter', (open) => {
  it('lets the limit through in each minute, and says what is left', async () => {
    const w = opened(await open(), { perMinuteMax: 3 })
    const shares = [await w.take(), await w.take(), await w.take(), await w.take()]
    expect(shares.map((share) => [share?.left, share?.isExceeded])).toEqual([
      [2, false],
      [1, false],
      [0, false],
      [0, true],
    ])
    expect(shares[3]).toMatchObject({ limit: 3, resetSeconds: 60 })
    expect(await w.take(0, 'other')).toMatchObject({ left: 2, isExceeded: false })
    w.pass(minute - 1)
    expect(await w.take()).toMatchObject({ isExceeded: true, resetSeconds: 1 })
    w.pass(1)
    expect(await w.take()).toMatchObject({ left: 2, isExceeded: false })
  })

  it('never lets more through when many ask many processes at once', async () => {
    const w = opened(await open(), { processes: 20, perMinuteMax: 100 })
    const shares = await Promise.all(Array.from({ length: 400 }, (_, request) => w.take(request % 20)))
    expect(shares.filter((share) => share?.isExceeded === false)).toHaveLength(100)
  })
})

describe('what the rate limiter costs', () => {
  it.each([
    { as: 'one process', processes: 1, processOf: () => 0, atLeast: 600, writesMax: 170 },
    { as: '10 processes in turn', processes: 10, processOf: (n: number) => n % 10, atLeast: 540, writesMax: 320 },
    { as: '90 processes in turn', processes: 90, processOf: (n: number) => n % 90, atLeast: 540, writesMax: 700 },
    { as: 'a new process each time', processes: 2000, processOf: (n: number) => n, atLeast: 600, writesMax: 2000 },
  ])('stays small for 2,000 requests to $as, which let the limit through but for what was taken ahead', async (cost) => {
    const w = opened(memoryStore(), cost)
    const count = await letThrough(w, 2000, cost.processOf)
    expect(count).toBeLessThanOrEqual(600)
    expect(count).toBeGreaterThanOrEqual(cost.atLeast)
    expect(w.writes()).toBeLessThanOrEqual(cost.writesMax)
  })
})

describe('a row that does not answer', () => {
  it.each([
    ['fails', never, () => Promise.reject(new Error('throttled'))],
    ['is slow', async () => undefined, never],
  ])('because it %s stops nobody, and is left alone for a while', async (_, wait, answer) => {
    const store = memoryStore()
    let isDown = true
    const add: Store['add'] = (row, amounts) => (isDown ? (answer() as never) : store.add(row, amounts))
    const w = opened({ ...store, add }, { perMinuteMax: 1, wait })
    for (let request = 0; request < 10; request++) expect(await w.take()).toBeNull()
    expect(w.writes()).toBe(1)
    isDown = false
    w.pass(5_000)
    if (wait === never) expect([await w.take(), await w.take()]).toMatchObject([{}, { isExceeded: true }])
  })

  it('is told in the log', async () => {
    const w = opened({ ...memoryStore(), add: () => Promise.reject(new Error('throttled')) })
    await w.take()
    expect(w.warnings).toEqual(['rate.uncounted'])
  })
})
