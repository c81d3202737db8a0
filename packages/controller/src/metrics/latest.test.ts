import { beforeEach, describe, expect, it } from 'vitest'
import { readerPorts } from '../../contract/metrics-reader.ts'
import type { MetricsDatabase } from './database.ts'
import { type KeptLatest, keepLatest } from './latest.ts'

const startMs = 1_000_000_000

/** A database whose nodes were last heard of some seconds ago; each of their figures says how often it was asked. */
class PlayedDatabase implements MetricsDatabase {
  nodes = ['a', 'b']
  ageSeconds = 10
  readings = 0
  isDown = false
  /** Settles each question. */
  held: Promise<unknown> = Promise.resolve()

  async at(query: string, moment: Date) {
    if (query.includes('tlast_over_time')) this.readings += 1
    const value = query.includes('tlast_over_time') ? moment.getTime() / 1000 - this.ageSeconds : this.readings
    await this.held
    if (this.isDown) throw new Error('down')
    const keys = [...query.matchAll(/"key", "([\w.]+)"/g)].map(([, key = '']) => key)
    const named = keys.length > 0 ? keys.map((key) => ({ key })) : [{}]
    return this.nodes.flatMap((node_id) => named.map((key) => ({ labels: { node_id, ...key }, value })))
  }
  async over() {
    return []
  }
}

let database: PlayedDatabase
let nowMs: number
let latest: KeptLatest
/** Ends the pause that is under way, or fails it as a stop does; null while there is none. */
let pause: { ms: number; end(): void; stop(): void } | null

function opened(intervalSeconds = 30, nodesMax?: number): void {
  const settings = { ...readerPorts(database).settings, collectIntervalSeconds: intervalSeconds }
  const clock = { now: () => new Date(nowMs) }
  latest = keepLatest(
    { settings, database, clock },
    {
      pause: (ms) =>
        new Promise<void>((resolve, reject) => {
          pause = { ms, end: resolve, stop: () => reject(new Error('stopped')) }
        }),
      ...(nodesMax === undefined ? {} : { nodesMax }),
    },
  )
}
beforeEach(() => {
  database = new PlayedDatabase()
  nowMs = startMs
  pause = null
  opened()
})

/** Lets everything happen that waits for nothing but its turn. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
const passes = async (seconds: number): Promise<void> => {
  nowMs += seconds * 1000
  const ended = pause
  pause = null
  ended?.end()
  await settled()
}
const load = async (): Promise<unknown> => {
  const view = await latest.view()
  const [node] = await view.nodes(new Map([...view.seen].slice(0, 1)))
  return node?.vcpu?.load1m
}

describe('the latest figures', () => {
  it('are read by the first question, once for all who ask meanwhile, and not at all before it', async () => {
    expect([database.readings, pause]).toEqual([0, null])
    expect(await Promise.all([load(), load(), load()])).toEqual([1, 1, 1])
    expect(await load()).toBe(1)
    expect(database.readings).toBe(1)
  })

  it('are read anew after each interval, without anybody waiting', async () => {
    await load()
    expect(pause?.ms).toBe(30_000)
    await passes(30)
    expect(database.readings).toBe(2)
    database.held = new Promise(() => undefined)
    await passes(30)
    expect(database.readings).toBe(3)
    expect(await load()).toBe(2)
  })

  it.each([
    [0.1, 1000],
    [15, 15_000],
    [3600, 60_000],
  ])('of samples that are collected each %s s are read each %s ms', async (intervalSeconds, ms) => {
    opened(intervalSeconds)
    await load()
    expect(pause?.ms).toBe(ms)
  })

  it('are never read twice at a time, also when a question and the interval meet', async () => {
    await load()
    let release = (): void => undefined
    database.held = new Promise<void>((resolve) => {
      release = resolve
    })
    nowMs += 61_000
    const asked = load()
    await passes(0)
    expect(database.readings).toBe(2)
    release()
    expect(await asked).toBe(2)
  })

  it('are forgotten when nobody has asked for ten minutes, and read by the next question', async () => {
    await load()
    await passes(599)
    await passes(1)
    expect([database.readings, pause]).toEqual([3, null])
    nowMs += 1000
    expect(await load()).toBe(4)
    expect(pause).not.toBeNull()
  })

  it('go on to be read for those who ask', async () => {
    await load()
    for (let minute = 0; minute < 20; minute++) {
      await passes(60)
      await load()
    }
    expect(pause).not.toBeNull()
    expect(database.readings).toBe(21)
  })

  it('serve for two intervals when they cannot be read; then that is told, and ends with the failure', async () => {
    await load()
    database.isDown = true
    await passes(30)
    await passes(30)
    expect(await load()).toBe(1)
    nowMs += 1
    await expect(latest.view()).rejects.toThrow('down')
    database.isDown = false
    expect(await load()).toBe(database.readings)
    expect(pause).not.toBeNull()
  })

  it('show a node as stale as soon as it is, also between readings: without rates, and in no total', async () => {
    database.ageSeconds = 70
    const before = await latest.view()
    expect(await before.totals()).toMatchObject({ nodes: { reporting: 2, stale: 0 }, vcpu: { load1m: 1 } })
    expect((await before.nodes(before.seen))[0]).toMatchObject({ stale: false, memory: { pageFaultsPerSec: 1 } })
    nowMs += 21_000
    const after = await latest.view()
    expect(database.readings).toBe(1)
    expect(await after.totals()).toEqual({ nodes: { reporting: 0, stale: 2 }, timestamp: startMs / 1000 - 70 })
    const [node] = await after.nodes(after.seen)
    expect(node).toMatchObject({ stale: true, timestamp: startMs / 1000 - 70, vcpu: { load1m: 1 } })
    expect(node?.memory).not.toHaveProperty('pageFaultsPerSec')
  })

  it('are asked of the database each time when there are more nodes than may be remembered', async () => {
    opened(30, 1)
    expect([...(await latest.view()).seen.keys()]).toEqual(['a', 'b'])
    const { readings } = database
    await latest.view()
    expect(database.readings).toBe(readings + 1)
    database.nodes = ['a']
    await passes(30)
    await latest.view()
    await latest.view()
    expect(database.readings).toBe(readings + 2)
  })

  it('leave nothing behind when the program stops: no pause, no reading', async () => {
    await load()
    pause?.stop()
    await latest.ended()
    nowMs += 600_000
    await settled()
    expect(database.readings).toBe(1)
  })
})
