import { describe, expect, it } from 'vitest'
import { makeTestKey, signCall } from '../../../test/signing.ts'
import { callClaims, issuerOf, signWith, verifyCall, verifyKeys } from './signed-call.ts'

const mine = await makeTestKey('k1')
const other = await makeTestKey('k1')
const unknown = await makeTestKey('k2')
const at = new Date(Date.UTC(2030, 0, 1))
const expected = { keys: [mine.publicKey], audience: 'west-1', at }
const later = (seconds: number): Date => new Date(at.getTime() + seconds * 1000)

describe('a signed call', () => {
  it('says who signed it, what it is for, and until when it can come again', async () => {
    const token = await signCall(mine, { at, method: 'POST', path: '/nodes?limit=1', body: '{}', id: 'i'.repeat(36) })
    expect(await verifyCall(token, expected)).toEqual({
      issuer: 'gridgate',
      id: 'i'.repeat(36),
      method: 'POST',
      path: '/nodes?limit=1',
      bodySha256: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', // of {}
      issuedAt: at,
      goodUntil: later(90),
    })
    expect(issuerOf(token)).toBe('gridgate')
  })

  it.each([-29, 29, 59])('is taken by a clock that is %i s ahead of the signer', async (seconds) => {
    await expect(verifyCall(await signCall(mine, { at }), { ...expected, at: later(seconds) })).resolves.toBeDefined()
  })

  const refusals: [string, () => Promise<string>, Partial<typeof expected>][] = [
    ['another key of the same name signed', () => signCall(other, { at }), {}],
    ['its key is not known', () => signCall(unknown, { at }), {}],
    ['it is for another cluster', () => signCall(mine, { at, audience: 'east-1' }), {}],
    ['it is too old', () => signCall(mine, { at }), { at: later(91) }],
    ['it comes from the future', () => signCall(mine, { at }), { at: later(-31) }],
    ['it is good for too long', () => signCall(mine, { at }, { exp: at.getTime() / 1000 + 3600 }), {}],
    ['it is a statement of keys', () => signWith(mine.key, 'keys', callClaims({ ...facts, at })), {}],
    ['it lacks what it is for', () => signCall(mine, { at }, { m: 1 }), {}],
    ['it is no token', async () => 'a.b.c', {}],
    ['it is not signed', async () => unsigned(await signCall(mine, { at })), {}],
  ]
  it.each(refusals)('is refused when %s', async (_, make, differing) => {
    const token = await make()
    const error = await verifyCall(token, { ...expected, ...differing }).then(
      () => expect.fail('it was taken'),
      (refused: Error) => refused,
    )
    expect(error).toMatchObject({ code: 'auth.invalid' })
    expect(error.message).not.toContain(token)
  })

  it('is not taken for a statement of keys', async () => {
    await expect(verifyKeys(await signCall(mine, { at }), expected)).rejects.toMatchObject({ code: 'auth.invalid' })
  })
})

const facts = { issuer: 'gridgate', audience: 'west-1', method: 'GET', path: '/', body: '', id: 'i'.repeat(36) }

/** The token with `alg: none` in its header and no signature. */
function unsigned(token: string): string {
  const [, claims] = token.split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'none', kid: 'k1', typ: 'gridgate-call+jwt' })).toString('base64url')
  return `${header}.${claims}.`
}
