import { describe, expect, it } from 'vitest'
import { openTurns } from './turns.ts'

const gate = (): { opened: Promise<void>; open: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

describe('turns', () => {
  it('come one after another, in order, also after work that failed', async () => {
    const inTurn = openTurns()
    const first = gate()
    const seen: string[] = []
    const work = [
      inTurn('a', async () => {
        await first.opened
        seen.push('first')
        throw new Error('failed')
      }).catch(() => undefined),
      inTurn('a', async () => seen.push('second')),
      inTurn('a', async () => seen.push('third')),
    ]
    await inTurn('b', async () => seen.push('another thing'))
    first.open()
    await Promise.all(work)
    expect(seen).toEqual(['another thing', 'first', 'second', 'third'])
  })

  it('give back what the work gave, and its failure', async () => {
    const inTurn = openTurns()
    expect(await inTurn('a', async () => 7)).toBe(7)
    await expect(inTurn('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  })

  it('are refused when too many wait, and free again afterwards', async () => {
    const inTurn = openTurns()
    const first = gate()
    const waiting = Array.from({ length: 500 }, () => inTurn('a', () => first.opened))
    await expect(inTurn('a', async () => 1)).rejects.toMatchObject({ code: 'service.unavailable' })
    first.open()
    await Promise.all(waiting)
    expect(await inTurn('a', async () => 1)).toBe(1)
  })
})
