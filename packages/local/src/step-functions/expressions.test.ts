import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../aws/service.ts'
import { evaluateTemplate, QueryError } from './expressions.ts'
import { parseTimestamp } from './timestamp.ts'

const now = Date.UTC(2030, 0, 1)
const evaluate = (template: Json, variables: JsonObject = {}): Promise<Json> =>
  evaluateTemplate(template, 'Output', () => ({ states: { input: { a: [1, { b: 2 }], s: 'x' } }, variables, now }))
const reasonOf = (template: Json): Promise<string> =>
  evaluate(template).then(
    () => 'no error',
    (error: QueryError) => error.message,
  )

describe('an expression', () => {
  it.each<[string, Json]>([
    ['{% $states.input.a[1].b %}', 2],
    ['{% $now() %}', '2030-01-01T00:00:00.000Z'],
    ["{% $now('[Y]') %}", '2030'],
    ['{% $millis() %}', now],
    ['{% $v.deep & "" %}', 'y'],
    ['{% $range(9,0,-3) %}', [9, 6, 3, 0]],
    ['{% $parse("0") %}', 0],
    ['{% $hash("abc","SHA-512") %}', createHash('sha512').update('abc').digest('hex')],
    ['{% [1] %}', [1]],
    ['{% null %}', null],
    [' {% 1 %}', ' {% 1 %}'],
    ['{%%', '{%%'],
  ])('%s gives %j', async (template, expected) => {
    expect(await evaluate(template, { v: { deep: 'y' } })).toEqual(expected)
  })

  it('does not change what it reads', async () => {
    const variables = { v: { list: [3, 1, 2], o: { a: 1 } } }
    await evaluate('{% [$sort($v.list), $v.o ~> |$|{"z": 1}|, $append($v.list, 4)] %}', variables)
    expect(variables).toEqual({ v: { list: [3, 1, 2], o: { a: 1 } } })
  })

  it.each<[string, RegExp]>([
    ['{% $range(0,1000,1) %}', /at most 1000 items/],
    ['{% $range(0,1,0) %}', /step of a range/],
    ['{% $partition([1],0) %}', /positive integer/],
    ['{% $hash("a","MD4") %}', /hash algorithm/],
    ['{% $parse("{") %}', /threw an error during evaluation/],
    ['{% $eval("1") %}', /T1006: Attempted to invoke a non-function$/],
    ['{% input.a %}', /returned nothing \(undefined\)\.$/],
    ['{% {"f": $sum} %}', /unsupported result type\.$/],
    ['{% ($f := function($n){$f($n + 1)}; $f(0)) %}', /took more than \d+ steps|stack/i],
  ])('%s is an error', async (template, reason) => {
    expect(await reasonOf(template)).toMatch(reason)
  })

  it('names its place in the template', async () => {
    const error = await evaluate({ a: [0, { b: '{% $nope %}' }] }).catch((caught: QueryError) => caught)
    expect(error).toBeInstanceOf(QueryError)
    expect((error as QueryError).location).toBe('Output/a/1/b')
  })
})

describe('a timestamp', () => {
  it.each<[string, number | null]>([
    ['2030-01-01T00:00:00Z', now],
    ['2030-01-01T01:00:00+01:00', now],
    ['2030-01-01T00:00:00.123456789Z', now + 123],
    ['2030-01-01t00:00:00z', null],
    ['2030-01-01T00:00:00', null],
    ['2030-02-30T00:00:00Z', null],
    ['2030-01-01T25:00:00Z', null],
    ['2030-01-01', null],
  ])('%s is %s', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected)
  })
})
