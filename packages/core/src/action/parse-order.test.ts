import { describe, expect, it } from 'vitest'
import { repairsOf } from './action.ts'
import { type ActionBody, parseOrder } from './parse-order.ts'

const body = { id: 'a-1', requestor: 'me', reason: 'why', node_pool: 'a', jobset_name: 'train' }
const restart = { ...body, type: 'cordon_nodepool_and_restart_jobset' }
const repair = { ...body, type: 'repair_nodepool' }
const parse = (given: object) => parseOrder(given as ActionBody, () => 'next')

describe('a ladder', () => {
  it.each([
    [{ ...restart, ladder: ['restart', 'reboot', 'replace', 'human'] }, ['reboot', 'replace']],
    [{ ...restart, ladder: ['restart', 'human'] }, []],
    [{ ...repair, ladder: ['reboot', 'human'] }, ['reboot']],
    [{ ...repair, ladder: [] }, ['replace']],
    [repair, ['replace']],
    [restart, []],
  ])('says which repairs may come: %j', (given, repairs) => {
    expect(repairsOf(parse(given))).toEqual(repairs)
  })

  it.each([
    [{ ...repair, ladder: ['reset'] }, 'unknown step of the ladder: "reset"'],
    [{ ...repair, ladder: ['replace', 'reboot'] }, 'each step once, from the mildest'],
    [{ ...repair, ladder: ['reboot', 'reboot'] }, 'each step once, from the mildest'],
    [{ ...body, type: 'cordon_nodepool', ladder: ['human'] }, 'cordon_nodepool has no steps'],
    [{ ...restart, ladder: ['reboot'] }, 'begins with restart'],
    [{ ...repair, ladder: ['restart', 'reboot'] }, 'begins with reboot or replace'],
    [{ ...repair, ladder: ['human'] }, 'begins with reboot or replace'],
    [{ ...restart, node_pool: null, ladder: ['restart', 'reboot'] }, 'needs node_pool or node_name'],
    [{ ...restart, id: `alarm-${'0a'.repeat(16)}` }, 'id is like those of what alarms ask for'],
  ])('that makes no sense is refused: %j', (given, why) => {
    expect(() => parse(given)).toThrow(
      expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(why) }),
    )
  })
})
