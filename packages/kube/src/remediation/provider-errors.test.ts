import { GridError } from '@gridgate/core/errors'
import { describe, expect, it } from 'vitest'
import { fromNetwork, fromReply } from '../kube-errors.ts'
import { asking, ordering } from './provider-errors.ts'

const answered = (status: number): GridError => fromReply({ status, text: '{}', retryAfter: undefined }, 'changing x')
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof GridError ? error.code : error),
  )

describe('a failure of the API server', () => {
  it.each([
    ['does not answer', fromNetwork(new Error('reset'), 'changing x'), 'provider.unreachable', 'provider.unclear'],
    ['answers 500', answered(500), 'provider.unreachable', 'provider.unclear'],
    ['answers 503', answered(503), 'provider.unreachable', 'provider.unclear'],
    ['answers what is no JSON', new GridError('kube.failed', 'x'), 'provider.unreachable', 'provider.unclear'],
    ['asks to wait', answered(429), 'provider.throttled', 'provider.throttled'],
    ['has a newer version each time', answered(409), 'provider.unreachable', 'provider.unreachable'],
    ['forbids it', answered(403), 'provider.refused', 'provider.refused'],
    ['knows no such user', answered(401), 'provider.refused', 'provider.refused'],
    ['finds it invalid', answered(422), 'provider.refused', 'provider.refused'],
    ['has a later action there', new GridError('action.fenced', 'x'), 'action.fenced', 'action.fenced'],
  ])('that %s tells whether something was done', async (_, failure, asked, ordered) => {
    const fail = () => Promise.reject(failure)
    expect([await codeOf(asking(fail)), await codeOf(ordering(fail))]).toEqual([asked, ordered])
  })

  it('that is a mistake of ours stays one', async () => {
    const mistake = new TypeError('x')
    expect(await codeOf(ordering(() => Promise.reject(mistake)))).toBe(mistake)
  })

  it('for want of rights says what helps', async () => {
    await expect(asking(() => Promise.reject(answered(403)))).rejects.toThrow(/creating the infrastructure again/)
  })
})
