import { GridError } from '@gridgate/core/errors'
import { describe, expect, it } from 'vitest'
import { fromNetwork, fromReply } from './kube-errors.ts'

const reply = (status: number, body: unknown = {}, retryAfter?: string) => ({
  status,
  retryAfter,
  text: typeof body === 'string' ? body : JSON.stringify(body),
})

describe('fromReply', () => {
  it.each([
    [401, 'kube.unauthorized'],
    [403, 'kube.forbidden'],
    [404, 'kube.failed'],
    [409, 'kube.conflict'],
    [422, 'kube.failed'],
    [429, 'kube.throttled'],
    [500, 'kube.failed'],
    [503, 'kube.unreachable'],
    [302, 'kube.failed'],
  ])('translates %i', (status, code) => {
    expect(fromReply(reply(status), 'applying X').code).toBe(code)
  })

  it('names manager and field of each conflict', () => {
    const causes = [
      { reason: 'FieldManagerConflict', message: 'conflict with "helm" using apps/v1', field: '.spec.replicas' },
      { reason: 'FieldManagerConflict', message: 'conflict with "kubectl" with subresource "scale"', field: '.spec.x' },
    ]
    const error = fromReply(reply(409, { reason: 'Conflict', details: { causes } }), 'applying X')
    expect(error.details).toEqual({
      status: 409,
      reason: 'Conflict',
      conflicts: [
        { manager: 'helm', field: '.spec.replicas' },
        { manager: 'kubectl', field: '.spec.x' },
      ],
    })
    expect(error.message).toBe('applying X: .spec.replicas belongs to helm, .spec.x belongs to kubectl')
  })

  it('says how long to wait', () => {
    expect(fromReply(reply(429, {}, '7'), 'x').retryAfterSeconds).toBe(7)
    expect(fromReply(reply(429, { details: { retryAfterSeconds: 3 } }), 'x').retryAfterSeconds).toBe(3)
  })

  it('shows callers nothing of what the server said', () => {
    const error = fromReply(
      reply(422, { reason: 'not a word', message: 'canary', details: { causes: [{ field: 'a canary' }] } }),
      'x',
    )
    expect(JSON.stringify({ message: error.message, details: error.details })).not.toContain('canary')
    expect(fromReply(reply(500, '<html>canary'), 'x').message).not.toContain('canary')
  })
})

describe('fromNetwork', () => {
  it('leaves listed errors alone', () => {
    const refused = new GridError('address.refused', 'x')
    expect(fromNetwork(refused, 'reading X')).toBe(refused)
  })

  it.each([
    ['ECONNREFUSED', 'kube.unreachable'],
    ['ENOTFOUND', 'kube.unreachable'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'kube.failed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'kube.failed'],
  ])('translates %s', (code, expected) => {
    const original = Object.assign(new Error('canary'), { code })
    const error = fromNetwork(original, 'reading X')
    expect(error).toMatchObject({ code: expected, cause: original, details: { reason: code } })
    expect(error.message).not.toContain('canary')
  })
})
