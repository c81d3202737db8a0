import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../test-world.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { expectedEvent, withoutTime } from './expected.ts'
import { runCase } from './run-case.ts'

const folder = new URL('.', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))

let world: World
let number = 0

beforeAll(async () => {
  world = await openWorld()
})

afterAll(() => world.close())

describe.each(files)('histories of %s', (file) => {
  const cases = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as ConformanceCase[]

  it.each(cases)('$name ($rule)', async (given) => {
    number += 1
    const outcome = await runCase(world, given, `machine-${number}`)
    expect(outcome.events.map(withoutTime)).toEqual(given.events.map(expectedEvent))
    if (given.status !== undefined) expect(outcome.status).toBe(given.status)
    if (given.output !== undefined) expect(outcome.output).toBe(given.output)
  })
})
