import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../aws/service.ts'
import { matches, parsePattern } from './pattern.ts'

const event = {
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  resources: ['arn:1', 'arn:2'],
  detail: {
    status: 'FAILED',
    name: 'task-1',
    count: 5,
    tags: ['a', 'b'],
    nothing: null,
    isLast: true,
    inner: { deep: 'x' },
  },
}

describe('a pattern', () => {
  it.each<{ pattern: JsonObject; is: boolean }>([
    { pattern: { source: ['aws.states'] }, is: true },
    { pattern: { source: ['other', 'aws.states'] }, is: true },
    { pattern: { source: ['other'] }, is: false },
    { pattern: { source: ['aws.states'], detail: { status: ['SUCCEEDED'] } }, is: false },
    { pattern: { detail: { status: ['FAILED', 'TIMED_OUT'], inner: { deep: ['x'] } } }, is: true },
    { pattern: { detail: { inner: { other: ['x'] } } }, is: false },
    { pattern: { detail: { status: { deep: ['x'] } } }, is: false },
    { pattern: { resources: ['arn:2'] }, is: true },
    { pattern: { detail: { tags: ['c'] } }, is: false },
    { pattern: { detail: { count: [5] } }, is: true },
    { pattern: { detail: { count: ['5'] } }, is: false },
    { pattern: { detail: { nothing: [null] } }, is: true },
    { pattern: { detail: { absent: [null] } }, is: false },
    { pattern: { detail: { isLast: [true] } }, is: true },
    { pattern: { detail: { name: [{ prefix: 'task-' }] } }, is: true },
    { pattern: { detail: { name: [{ prefix: 'other-' }] } }, is: false },
    { pattern: { detail: { name: [{ suffix: '-1' }] } }, is: true },
    { pattern: { detail: { status: [{ 'equals-ignore-case': 'failed' }] } }, is: true },
    { pattern: { detail: { status: [{ exists: true }] } }, is: true },
    { pattern: { detail: { absent: [{ exists: true }] } }, is: false },
    { pattern: { detail: { absent: [{ exists: false }] } }, is: true },
    { pattern: { absent: { at: { all: [{ exists: false }] } } }, is: true },
    { pattern: { detail: { status: [{ 'anything-but': 'SUCCEEDED' }] } }, is: true },
    { pattern: { detail: { status: [{ 'anything-but': ['SUCCEEDED', 'FAILED'] }] } }, is: false },
    { pattern: { detail: { name: [{ 'anything-but': { prefix: 'task' } }] } }, is: false },
    { pattern: { detail: { absent: [{ 'anything-but': 'x' }] } }, is: false },
    { pattern: { detail: { count: [{ numeric: ['>', 0, '<=', 5] }] } }, is: true },
    { pattern: { detail: { count: [{ numeric: ['>', 5] }] } }, is: false },
    { pattern: { detail: { count: [{ numeric: ['=', 5] }] } }, is: true },
    { pattern: { detail: { name: [{ numeric: ['=', 5] }] } }, is: false },
    { pattern: { toString: [{ exists: true }] }, is: false },
  ])('$pattern matches: $is', ({ pattern, is }) => {
    expect(matches(parsePattern(JSON.stringify(pattern)), event)).toBe(is)
  })

  it.each([
    '{',
    '[]',
    '{}',
    '{"a":"b"}',
    '{"a":[]}',
    '{"a":{}}',
    '{"$or":[{"a":["b"]}]}',
    '{"a":[{"wildcard":"*"}]}',
    '{"a":[{"prefix":1}]}',
    '{"a":[{"prefix":"a","suffix":"b"}]}',
    '{"a":[{"numeric":[">"]}]}',
    '{"a":[{"numeric":["!",1]}]}',
    '{"a":[{"exists":"yes"}]}',
    '{"a":[["b"]]}',
    `${'{"a":'.repeat(30)}["b"]${'}'.repeat(30)}`,
  ])('is refused: %s', (text) => {
    expect(() => parsePattern(text)).toThrow(expect.objectContaining({ name: 'InvalidEventPatternException' }))
  })
})
