import { describe, expect, it } from 'vitest'
import { megabytesOf, parseQuantity } from './quantity.ts'

describe('a quantity', () => {
  it.each([
    ['0', 0],
    ['8', 8],
    [8, 8],
    ['+8', 8],
    ['-1', -1],
    ['.5', 0.5],
    ['1.', 1],
    ['3920m', 3.92],
    ['100m', 0.1],
    ['250u', 0.000_25],
    ['500000000n', 0.5],
    ['1k', 1000],
    ['2M', 2e6],
    ['3G', 3e9],
    ['4T', 4e12],
    ['5P', 5e15],
    ['1E', 1e18],
    ['1E3', 1000],
    ['12e6', 12_000_000],
    ['12E-1', 1.2],
    ['1e+2', 100],
    ['1Ki', 1024],
    ['263856852Ki', 270_189_416_448],
    ['1.5Gi', 1_610_612_736],
    ['256Gi', 274_877_906_944],
    ['2Ti', 2 ** 41],
    ['1Pi', 2 ** 50],
    ['1Ei', 2 ** 60],
    ['9007199254740991', 9_007_199_254_740_991],
  ])('%j is %d', (text, number) => {
    expect(parseQuantity(text)).toBe(number)
  })

  it.each([
    '',
    ' 1',
    '1 Gi',
    '1K',
    '1ki',
    '1gi',
    '1Gb',
    '1mi',
    '0x10',
    'NaN',
    'Infinity',
    '1e999',
    '1e9999',
    '--1',
    '1.2.3',
    'm',
    null,
    undefined,
    {},
    '9'.repeat(65),
  ])('%j is none', (text) => {
    expect(parseQuantity(text)).toBeNull()
  })

  it('is whole megabytes of 2^20 bytes, in every unit', () => {
    for (const text of ['1Gi', '1048576Ki', '1073741824', '1073741824000m', '1024Mi'])
      expect(megabytesOf(text)).toBe(1024)
    expect(megabytesOf('1G')).toBe(953)
    expect(megabytesOf('lots')).toBeNull()
  })
})
