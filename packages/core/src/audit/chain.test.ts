import { describe, expect, it } from 'vitest'
import type { AuditEntry, AuditFacts, ChainHead } from './audit-entry.ts'
import { ChainCheck, canonicalJson, type Flaw, hashOf, nextEntry } from './chain.ts'

const [chain, day] = [{ cluster_id: 'west-1', day: '2030-01-01' }, '2030-01-01']
const facts: AuditFacts = {
  ...{ cluster_id: 'west-1', caller_id: 'k', role: 'viewer', operation: 'a/b', route: 'POST /a', subject: '/a' },
  ...{ status: 200, code: null, decision_ids: [], changes: [], task_id: null, request_id: 'r' },
}

/** A sound chain of so many entries. */
function entries(count: number): AuditEntry[] {
  const made: AuditEntry[] = []
  for (let index = 0; index < count; index++) {
    const at = new Date(Date.UTC(2030, 0, 1, 0, index))
    const last = made.at(-1)
    made.push(nextEntry({ ...facts, request_id: `r${index}` }, { day, at, last: last ? headOf(last) : null }))
  }
  return made
}

const headOf = ({ sequence, sha256 }: AuditEntry): ChainHead => ({ ...chain, sequence, sha256 })

function check(given: readonly AuditEntry[], heads: readonly ChainHead[] = []): Flaw | null {
  const checked = new ChainCheck(chain, heads)
  for (const entry of given) checked.next(entry)
  return checked.end()
}

/** Seals an entry again, as who can write into the table could. */
const resealed = (entry: AuditEntry): AuditEntry => ({ ...entry, sha256: hashOf(entry) })

const five = entries(5)
const at = (index: number): AuditEntry => five[index] as AuditEntry

describe('a chain', () => {
  it('that nobody touched is sound, with the heads that anchors hold of it', () => {
    expect(check(five)).toBeNull()
    expect(check(five, [headOf(at(1)), headOf(at(4))])).toBeNull()
    expect(check([])).toBeNull()
  })

  it.each([
    ['an entry changed', five.with(2, { ...at(2), caller_id: 'somebody else' }), 3],
    ['an entry changed and sealed again', five.with(2, resealed({ ...at(2), caller_id: 'somebody else' })), 4],
    ['a member added that nobody knows', five.with(2, { ...at(2), more: true }), 3],
    ['an entry deleted in the middle', five.toSpliced(2, 1), 3],
    ['the first entry deleted', five.slice(1), 1],
    ['an entry inserted', five.toSpliced(2, 0, resealed({ ...at(2), request_id: 'forged' })), 4],
    ['two entries exchanged', [at(0), at(2), at(1), at(3), at(4)], 2],
    ['an entry of another chain', five.with(2, resealed({ ...at(2), cluster_id: 'east-1' })), 3],
  ])('that had %s is broken at the entry', (_, given, sequence) => {
    expect(check(given)).toMatchObject({ ...chain, sequence, says: expect.any(String) })
  })

  it('that was cut at its end is found out by an anchor, and by nothing else', () => {
    expect(check(five.slice(0, 3))).toBeNull()
    expect(check(five.slice(0, 3), [headOf(at(4))])).toMatchObject({ sequence: 4 })
    expect(check([], [headOf(at(4))])).toMatchObject({ sequence: 1 })
  })

  it('that was replaced whole is found out by an anchor', () => {
    const forged = [nextEntry({ ...facts, caller_id: 'x' }, { day, at: new Date(0), last: null })]
    expect(check(forged)).toBeNull()
    expect(check(forged, [headOf(at(0))])).toMatchObject({ sequence: 1 })
  })

  it('is held against anchors of its own only', () => {
    expect(check(five, [{ ...headOf(at(4)), cluster_id: null, sequence: 9 }])).toBeNull()
  })
})

it('is hashed alike in whatever order the members of an object stand', () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}')
})
