import { describe, expect, it } from 'vitest'
import { keepWaiting, type Pace, secondsToLook, slowPace, usualPace } from './keep-waiting.ts'

const waiting = { code: 'infra.not_ready', missing: 'not ready' } as const
const secondsOf = (waited: number, secondsMax: number): number =>
  keepWaiting({ ...waiting, waited, secondsMax }, 'nothing yet').state.waitSeconds

/** Moments of the looks when a step takes so long. */
function looksOf(secondsMax: number, pace: Pace, stepSeconds = 0): number[] {
  const looks = [0]
  for (let waited = 0; waited < secondsMax; looks.push(waited))
    waited += secondsToLook(pace, waited, [secondsMax]) + stepSeconds
  return looks
}

describe('what is waited for', () => {
  it.each([
    { waited: 0, every: 2 },
    { waited: 29.9, every: 2 },
    { waited: 30, every: 10 },
    { waited: 299.9, every: 10 },
    { waited: 300, every: 20 },
    { waited: 2_900, every: 20 },
  ])('is looked for again after $every s once $waited s are waited', ({ waited, every }) => {
    expect(secondsOf(waited, 3_000)).toBe(every)
  })

  it.each([
    { waited: 0, every: 20 },
    { waited: 79.9, every: 20 },
    { waited: 80, every: 60 },
    { waited: 1_700, every: 60 },
  ])('and takes minutes anyway is looked for again after $every s once $waited s are waited', ({ waited, every }) => {
    expect(secondsToLook(slowPace, waited, [1_800])).toBe(every)
  })

  it.each([
    { waited: 295, secondsMax: 300, left: 5 },
    { waited: 299.2, secondsMax: 300, left: 1 },
    { waited: 300, secondsMax: 310, left: 10 },
    { waited: 2_981, secondsMax: 3_000, left: 19 },
  ])('is looked for a last time after $secondsMax s, not later', ({ waited, secondsMax, left }) => {
    expect(secondsOf(waited, secondsMax)).toBe(left)
  })

  it('is looked for at each moment that decides something, once', () => {
    expect(secondsToLook(slowPace, 800, [840, 900])).toBe(40)
    expect(secondsToLook(slowPace, 840, [840, 900])).toBe(60)
  })

  it.each([
    { waited: 300, secondsMax: 300 },
    { waited: 301, secondsMax: 300 },
  ])('has not come in $secondsMax s: told by its code at $waited s', ({ waited, secondsMax }) => {
    const late = () => keepWaiting({ ...waiting, waited, secondsMax }, 'nothing yet')
    expect(late).toThrow(expect.objectContaining({ code: 'infra.not_ready' }))
    expect(late).toThrow('not ready after 300 s: nothing yet')
  })

  it.each([
    { of: 'a wait of the longest kind', secondsMax: 3_000, pace: usualPace, looks: 178 },
    { of: 'a wait that ends before it gets slow', secondsMax: 60, pace: usualPace, looks: 19 },
    { of: 'a machine', secondsMax: 1_800, pace: slowPace, looks: 34 },
  ])('ends in time and in $looks looks: $of', ({ secondsMax, pace, looks }) => {
    expect(looksOf(secondsMax, pace)).toHaveLength(looks)
    expect(looksOf(secondsMax, pace).at(-1)).toBe(secondsMax)
    // A step that takes time itself makes them fewer.
    expect(looksOf(secondsMax, pace, 0.7).length).toBeLessThanOrEqual(looks)
  })
})
