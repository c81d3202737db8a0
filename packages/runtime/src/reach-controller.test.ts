import type { JsonObject } from '@gridgate/core/json'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { controllerReach, localHosts } from './reach-controller.ts'

const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
const enrolled = (await exportJWK(publicKey)) as JsonObject
const other = await generateKeyPair('EdDSA', { crv: 'Ed25519' })

interface Said {
  key?: typeof privateKey
  issuer?: string
  audience?: string
  nonce?: string
  expires?: string
  status?: number
}

/** A controller that answers as told; by default as the real one. */
const answering = (said: Said): RemoteClient => ({
  async send({ url }) {
    const asked = new URL(url).searchParams.get('nonce') ?? ''
    const statement = await new SignJWT({ nonce: said.nonce ?? asked })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(said.issuer ?? 'west-1')
      .setAudience(said.audience ?? 'gridgate')
      .setIssuedAt()
      .setExpirationTime(said.expires ?? '60s')
      .sign(said.key ?? privateKey)
    const bytes = Buffer.from(JSON.stringify({ success: true, data: { statement } }))
    return { status: said.status ?? 200, headers: {}, bytes }
  },
  close: async () => undefined,
})

const reach = (said: Said, key: JsonObject | null = enrolled) =>
  controllerReach(answering(said))('west-1', 'http://west-1.example.com:32300', key)

describe('a controller', () => {
  it('is reachable when it signs this very question with the enrolled key', async () => {
    expect(await reach({})).toMatchObject({ state: 'reachable' })
  })

  it.each([
    { when: 'another key signed', said: { key: other.privateKey } },
    { when: 'it speaks for another cluster', said: { issuer: 'east-1' } },
    { when: 'it speaks to another gateway', said: { audience: 'else' } },
    { when: 'it answers another question', said: { nonce: 'an-older-question' } },
    { when: 'the statement is old', said: { expires: '-5m' } },
    { when: 'it answers with an error', said: { status: 503 } },
  ])('is unreachable when $when', async ({ said }) => {
    expect(await reach(said)).toMatchObject({ state: 'unreachable' })
  })

  it('without an enrolled key is not even asked', async () => {
    expect(await reach({}, null)).toEqual({ state: 'unreachable', reason: 'no key of it is enrolled' })
  })
})

describe('local host names', () => {
  const reroute = localHosts('*.company.net=http://127.0.0.1:4000, , broken')

  it('lead to the given address with the port that was meant in the Host header', () => {
    expect(reroute(new URL('http://west-1.company.net:32000/controller/identity?nonce=n'))).toEqual({
      url: 'http://127.0.0.1:4000/controller/identity?nonce=n',
      host: 'west-1.company.net:32000',
    })
  })

  it.each([
    'http://company.net/',
    'http://evil-company.net/',
    'http://west-1.company.net.example.com/',
  ])('do not take %s', (url) => {
    expect(reroute(new URL(url))).toBeNull()
  })
})
