import { describe, expect, it } from 'vitest'
import { ageText } from './api/columns.ts'
import { parseQuantity } from '@gridgate/kube/quantity'
import { labelSelector, parseLabelSelector } from './selectors.ts'

describe('label selectors', () => {
  it.each([
    ['a=1', true],
    ['a==2', false],
    ['a!=2,b', true],
    ['!c', true],
    ['a in (1, 2),b notin (x)', true],
    ['c notin (x)', true],
    ['c in (x)', false],
    ['a>0,a<2', true],
    ['example.com/role=web', true],
  ])('%s', (text, expected) => {
    expect(parseLabelSelector(text)({ a: '1', b: 'y', 'example.com/role': 'web' })).toBe(expected)
  })

  it('that cannot be read are refused', () => {
    expect(() => parseLabelSelector('a=(b')).toThrow('unable to parse requirement')
  })

  it('as objects take nothing when absent and everything when empty', () => {
    expect([labelSelector(undefined)({ a: '1' }), labelSelector({})({ a: '1' })]).toEqual([false, true])
    expect(labelSelector({ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] })({ a: '1' })).toBe(
      false,
    )
  })
})

describe('quantities', () => {
  it.each([
    ['500m', 0.5],
    ['8', 8],
    [8, 8],
    ['1Gi', 2 ** 30],
    ['1.5G', 1.5e9],
    ['2e3', 2000],
    ['lots', null],
    ['', null],
    ['1Q', null],
  ])('%s is %s', (text, expected) => {
    expect(parseQuantity(text)).toBe(expected)
  })
})

describe('ages', () => {
  it.each([
    [5, '5s'],
    [119, '119s'],
    [150, '2m30s'],
    [600, '10m'],
    [4 * 3600 + 300, '4h5m'],
    [30 * 3600, '30h'],
    [3 * 86_400 + 7200, '3d2h'],
    [20 * 86_400, '20d'],
  ])('of %d seconds are shown as %s', (seconds, text) => {
    const now = Date.UTC(2030, 0, 1)
    expect(ageText(new Date(now - seconds * 1000).toISOString(), now)).toBe(text)
  })
})
