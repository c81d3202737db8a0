import { createHmac, generateKeyPairSync } from 'node:crypto'
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { verifyAccessToken } from './access-token.ts'

const at = new Date(Date.UTC(2030, 0, 1))
const now = at.getTime() / 1000
const issuer = 'https://issuer.example/'
const good = { iss: issuer, aud: 'gridgate', sub: 'ann', iat: now, exp: now + 300, client_id: 'web' }

async function signer(alg: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: alg }
  return {
    keys: createLocalJWKSet({ keys: [jwk] }),
    jwk,
    /** Members without a value are left out. */
    sign: (claims: object, header: Record<string, string> = {}) =>
      new SignJWT(JSON.parse(JSON.stringify(claims)))
        .setProtectedHeader({ alg, kid: alg, typ: 'at+jwt', ...header })
        .sign(privateKey),
  }
}

const rsa = await signer('RS256')
const verify = (token: string, more: { clients?: string[] } = {}, keys = rsa.keys) =>
  verifyAccessToken(token, { issuer, audience: 'gridgate', clients: [], keys, at, ...more })

describe('an access token', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('signed with %s is good', async (alg) => {
    const { keys, sign } = await signer(alg)
    expect(await verify(await sign(good), {}, keys)).toMatchObject({ sub: 'ann' })
  })

  it.each(['at+jwt', 'application/at+jwt', 'JWT'])('may say that its type is %s', async (typ) => {
    expect(await verify(await rsa.sign(good, { typ }))).toMatchObject({ sub: 'ann' })
  })

  it('may be off by a minute, as clocks are', async () => {
    for (const claims of [{ exp: now - 59 }, { nbf: now + 60 }, { iat: now + 60 }])
      expect(await verify(await rsa.sign({ ...good, ...claims }))).toMatchObject({ sub: 'ann' })
  })

  it.each<[string, object, string]>([
    ['has expired', { exp: now - 60 }, 'it has expired'],
    ['never expires', { exp: undefined }, 'says too little'],
    ['is not good yet', { nbf: now + 61 }, 'another time'],
    ['was issued in the future', { iat: now + 61 }, 'in the future'],
    ['is for another audience', { aud: 'other' }, 'another audience'],
    ['is of another issuer', { iss: 'https://issuer.example' }, 'another audience'],
    ['names nobody', { sub: undefined }, 'says too little'],
    ['names nobody in particular', { sub: '' }, 'who its bearer is'],
    ['names somebody by control characters', { sub: 'a\nb' }, 'who its bearer is'],
    ['is an ID token', { nonce: 'n' }, 'an ID token'],
    ['names two clients', { azp: 'other' }, 'two clients'],
    ['has several audiences and no client', { aud: ['gridgate', 'b'], client_id: undefined }, 'several audiences'],
  ])('that %s is refused', async (_, claims, why) => {
    const token = await rsa.sign({ ...good, ...claims })
    const refusal = await verify(token).catch((error: Error) => error)
    expect(refusal).toMatchObject({ code: 'auth.invalid', message: expect.stringContaining(why) })
    expect(String(refusal)).not.toContain(token.slice(0, 20))
  })

  it.each(['gridgate-call+jwt', 'logout+jwt', 'dpop+jwt'])('is not taken for one of type %s', async (typ) => {
    await expect(verify(await rsa.sign(good, { typ }))).rejects.toMatchObject({ code: 'auth.invalid' })
  })

  it('is good for the clients that are named, by client_id or azp', async () => {
    const clients = ['cli', 'web']
    const { client_id: _, ...unnamed } = good
    expect(await verify(await rsa.sign({ ...unnamed, azp: 'cli' }), { clients })).toMatchObject({ sub: 'ann' })
    await expect(verify(await rsa.sign(unnamed), { clients })).rejects.toThrow('another client')
    await expect(verify(await rsa.sign({ ...good, client_id: 'x' }), { clients })).rejects.toThrow('another client')
  })
})

describe('a forged token', () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  it.each([
    ['by no signature', { alg: 'none' }, () => ''],
    // The public key as a shared secret: the old confusion of RS256 with HS256.
    [
      'by the public key as a secret',
      { alg: 'HS256', kid: 'RS256' },
      (text: string) => hmac(JSON.stringify(rsa.jwk), text),
    ],
    ['by nothing', { alg: 'RS256', kid: 'RS256' }, () => 'AAAA'],
  ])('%s is refused', async (_, header, sign) => {
    const text = `${part({ typ: 'at+jwt', ...header })}.${part(good)}`
    await expect(verify(`${text}.${sign(text)}`)).rejects.toMatchObject({ code: 'auth.invalid' })
  })

  it('with a key of its own, of another algorithm, or of another name is refused', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = publicKey.export({ format: 'jwk' })
    const sign = (header: Record<string, unknown>) =>
      new SignJWT(good).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', ...header }).sign(privateKey)
    for (const header of [{ kid: 'RS256' }, { jwk, kid: 'RS256' }, { alg: 'RS384', kid: 'RS256' }, { kid: 'other' }])
      await expect(verify(await sign(header))).rejects.toMatchObject({ code: 'auth.invalid' })
  })

  it.each([
    'ey.e.e',
    'eyJ9.e30.AA',
    'eyJhbGciOiJSUzI1NiJ9.e30.AA',
  ])('that is none at all is refused: %s', async (token) => {
    await expect(verify(token)).rejects.toMatchObject({ code: 'auth.invalid' })
  })

  const hmac = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('base64url')
})
