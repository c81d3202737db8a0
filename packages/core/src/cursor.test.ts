import { describe, expect, it } from 'vitest'
import { decodeCursor, encodeCursor } from './cursor.ts'

describe('cursor', () => {
  it.each(['west-1', '', 'a#b\nc.d', 'ünï-✓', 'x'.repeat(1400)])('gives the position back: %j', (position) => {
    expect(decodeCursor('clusters', encodeCursor('clusters', position))).toBe(position)
  })

  it('uses only characters that need no escaping in a query string', () => {
    expect(encodeCursor('clusters', '??>>~~✓')).toMatch(/^[\w.-]+$/)
  })

  it.each([
    ['made up', 'abc'],
    ['empty', ''],
    ['of another list', encodeCursor('tasks', 'west-1')],
    ['with another position', encodeCursor('clusters', 'west-1').replace(/^./, 'X')],
    ['with something added', `${encodeCursor('clusters', 'west-1')}.x`],
    ['spelled in another way', encodeCursor('clusters', 'west-1').replace('.', '=.')],
    ['too long', encodeCursor('clusters', 'x'.repeat(2000))],
  ])('refuses a cursor that is %s', (_, text) => {
    expect(() => decodeCursor('clusters', text)).toThrow(expect.objectContaining({ code: 'cursor.invalid' }))
  })
})
