import { describe, expect, it } from 'vitest'
import type { InstanceView } from './instances.ts'
import { reconcile } from './reconcile.ts'

const before: InstanceView = {
  instance_id: '11',
  state: 'running',
  group: null,
  started_at: '2026-01-01T00:00:00Z',
  seen_at: '2026-01-02T10:00:00.000Z',
}
const soon = '2026-01-02T10:02:59.999Z'
const late = '2026-01-02T10:03:00.000Z'

describe('after an unclear answer', () => {
  it.each<[string, Partial<InstanceView>, 'done' | 'not_done' | 'unclear']>([
    ['another instance has the name', { instance_id: '12', seen_at: soon }, 'done'],
    ['no instance has the name', { instance_id: null, state: 'gone', seen_at: soon }, 'done'],
    ['the instance is gone', { state: 'gone', seen_at: soon }, 'done'],
    ['the instance is ending', { state: 'ending', seen_at: soon }, 'done'],
    ['the instance stops', { state: 'stopping', seen_at: late }, 'unclear'],
    ['the instance starts', { state: 'starting', seen_at: late }, 'unclear'],
    ['its state has an unknown word', { instance_id: '12', state: 'unknown', seen_at: late }, 'unclear'],
    ['nothing has changed yet', { seen_at: soon }, 'unclear'],
    ['nothing has changed for long', { seen_at: late }, 'not_done'],
  ])('a replacement, when %s', (_, after, verdict) => {
    expect(reconcile('replace', before, { ...before, ...after })).toBe(verdict)
  })

  it.each<[string, Partial<InstanceView>, 'done' | 'not_done' | 'unclear']>([
    ['it started anew', { started_at: '2026-01-02T10:00:30Z', seen_at: soon }, 'done'],
    ['nothing has changed', { seen_at: late }, 'unclear'],
    ['its start is not known', { started_at: null, seen_at: late }, 'unclear'],
    ['another instance has the name', { instance_id: '12', seen_at: late }, 'not_done'],
    ['the instance is gone', { state: 'gone', seen_at: late }, 'not_done'],
  ])('a reboot, when %s', (_, after, verdict) => {
    expect(reconcile('reboot', before, { ...before, ...after })).toBe(verdict)
  })
})
