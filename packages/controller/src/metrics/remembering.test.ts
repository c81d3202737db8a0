import { expect, it } from 'vitest'
import type { MetricsDatabase } from './database.ts'
import { remembering } from './remembering.ts'

/** Gives another answer each time it is asked, and fails when it should. */
function countingDatabase(): MetricsDatabase & { fails: boolean } {
  let asked = 0
  const database = {
    fails: false,
    at: async () => {
      asked += 1
      if (database.fails) throw new Error('down')
      return [{ labels: {}, value: asked }]
    },
    over: async () => [],
  }
  return database
}
const first = new Date(1_000_000)

it('gives the same answer about the same moment, also while the first is under way', async () => {
  const database = remembering(countingDatabase())
  const [one, two] = await Promise.all([database.at('a', first), database.at('a', first)])
  expect(two).toBe(one)
  expect(await database.at('a', first)).toBe(one)
})

it('asks anew about another moment, with another query, and after a failure', async () => {
  const inner = countingDatabase()
  const database = remembering(inner)
  expect((await database.at('a', first))[0]?.value).toBe(1)
  expect((await database.at('a', new Date(1_005_000)))[0]?.value).toBe(2)
  expect((await database.at('b', first))[0]?.value).toBe(3)
  inner.fails = true
  await expect(database.at('c', first)).rejects.toThrow('down')
  inner.fails = false
  expect((await database.at('c', first))[0]?.value).toBe(5)
})

it('keeps a bounded number of answers', async () => {
  const database = remembering(countingDatabase())
  await database.at('first', first)
  for (let index = 0; index < 24; index++) await database.at(`${index}`, first)
  expect((await database.at('first', first))[0]?.value).toBe(26)
})
