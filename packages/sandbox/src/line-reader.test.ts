import { describe, expect, it } from 'vitest'
import { LineReader } from './line-reader.ts'

describe('LineReader', () => {
  it('gives whole lines, however they arrive', () => {
    const reader = new LineReader(10)
    expect(['a', 'b\nc', '\n\nd\n', 'e'].map((piece) => reader.push(piece))).toEqual([[], ['ab'], ['c', '', 'd'], []])
  })

  it('takes a line of the longest length and refuses one more character, also before its end is there', () => {
    expect(new LineReader(3).push('abc\n')).toEqual(['abc'])
    const reader = new LineReader(3)
    reader.push('ab')
    expect(() => reader.push('cd')).toThrow(RangeError)
  })
})
