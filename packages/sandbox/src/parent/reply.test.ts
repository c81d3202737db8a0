import { describe, expect, it } from 'vitest'
import { limits } from '../limits.ts'
import { readReply } from './reply.ts'

describe('readReply', () => {
  it('keeps the text of the payload and of the context', () => {
    expect(readReply('{"ok":true,"allowed":true,"log":"a"}\n{"n":1.0}\n{}')).toEqual({
      ok: true,
      allowed: true,
      log: 'a',
      payloadJson: '{"n":1.0}',
      contextJson: '{}',
    })
  })

  it('reads a failure', () => {
    expect(readReply('{"ok":false,"kind":"error","message":"KeyError","line":4,"log":""}')).toMatchObject({ line: 4 })
  })

  it.each([
    { what: 'nothing', text: '' },
    { what: 'no JSON', text: 'yes\n{}\n{}' },
    { what: 'a missing context', text: '{"ok":true,"allowed":true}\n{}' },
    { what: 'a line too many', text: '{"ok":true,"allowed":true}\n{}\n{}\n{}' },
    { what: 'a payload that is no JSON', text: '{"ok":true,"allowed":true}\n{"a":NaN}\n{}' },
    { what: 'a context that is no JSON', text: '{"ok":true,"allowed":true}\n{}\n{' },
    { what: 'a context above the limit', text: `{"ok":true}\n{}\n"${'x'.repeat(limits.contextCharsMax)}"` },
    { what: 'an unknown member', text: '{"ok":true,"allowed":true,"admin":true}\n{}\n{}' },
    { what: 'a verdict that is no bool', text: '{"ok":true,"allowed":1}\n{}\n{}' },
    { what: 'a log above the limit', text: `{"ok":true,"log":"${'x'.repeat(limits.logBytesMax + 1)}"}\n{}\n{}` },
    { what: 'a failure with a payload', text: '{"ok":false,"kind":"error","message":"","line":null}\n{}\n{}' },
  ])('refuses a reply with $what', ({ text }) => {
    expect(readReply(text)).toBeNull()
  })
})
