import { describe, expect, it } from 'vitest'
import { openRest } from './rest.ts'
import type { Reply } from './transport.ts'

const ok: Reply = { status: 200, retryAfter: undefined, text: '{"kind":"X"}' }
const status = (code: number, retryAfter?: string): Reply => ({ status: code, retryAfter, text: '' })
const failure = (code: string): Error => Object.assign(new Error(code), { code })

/** Answers in turn, then always with the last; counts the calls and the pauses. */
function scripted(...answers: (Reply | Error)[]) {
  const pauses: number[] = []
  let calls = 0
  const transport = {
    async send(): Promise<Reply> {
      const answer = answers[Math.min(calls++, answers.length - 1)]
      if (answer === undefined || answer instanceof Error) throw answer
      return answer
    },
  }
  const rest = openRest(transport, async (ms) => {
    pauses.push(ms)
  })
  const json = () => rest.json('reading X', { method: 'GET', path: '/x' })
  return { json, rest, pauses, calls: () => calls }
}

describe('a request', () => {
  it.each([
    [status(500)],
    [status(503)],
    [status(429)],
    [failure('ECONNRESET')],
    [failure('EAI_AGAIN')],
  ])('is sent again after %j', async (first) => {
    const { json, calls } = scripted(first, ok)
    expect(await json()).toEqual({ kind: 'X' })
    expect(calls()).toBe(2)
  })

  it('waits as long as the server asks, and longer each time', async () => {
    const { json, pauses } = scripted(status(429, '2'), status(500), failure('EPIPE'), ok)
    await json()
    expect(pauses).toEqual([2000, 200, 400])
  })

  it('leaves a long wait to the workflow', async () => {
    const { json, calls } = scripted(status(429, '60'))
    await expect(json()).rejects.toMatchObject({ code: 'kube.throttled', retryAfterSeconds: 60 })
    expect(calls()).toBe(1)
  })

  it.each([
    [status(500), 'kube.failed', 4],
    [failure('ECONNREFUSED'), 'kube.unreachable', 4],
    [status(403), 'kube.forbidden', 1],
    [failure('CERT_HAS_EXPIRED'), 'kube.failed', 1],
  ])('gives up on %j', async (answer, code, sent) => {
    const { json, calls } = scripted(answer)
    await expect(json()).rejects.toMatchObject({ code })
    expect(calls()).toBe(sent)
  })

  it('refuses a success that is not JSON', async () => {
    await expect(scripted({ ...ok, text: '<html>' }).json()).rejects.toMatchObject({ code: 'kube.failed' })
  })

  it('reads 404 as nothing where that is an answer', async () => {
    const { rest } = scripted(status(404))
    expect(await rest.jsonOrNull('reading X', { method: 'GET', path: '/x' })).toBeNull()
  })
})
