import type { RemoteReply, RemoteRequest } from '@gridgate/remote/remote-client'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { issuerKeys } from './issuer-keys.ts'

const issuer = 'https://issuer.example/realm'
const [first, second] = (await Promise.all(
  ['a', 'b'].map(async (kid) => ({ ...(await exportJWK((await generateKeyPair('ES256')).publicKey)), kid })),
)) as [JWK, JWK]

let now: number
let sent: RemoteRequest[]
let isDown: boolean
let published: JWK[]
let discovery: object

beforeEach(() => {
  now = 0
  sent = []
  isDown = false
  published = [first]
  discovery = { issuer, jwks_uri: 'https://keys.example/set' }
})

const client = {
  async send(request: RemoteRequest): Promise<RemoteReply> {
    sent.push(request)
    if (isDown) throw new Error('down')
    const document = request.url.endsWith('/openid-configuration') ? discovery : { keys: published }
    return { status: 200, headers: {}, bytes: Buffer.from(JSON.stringify(document)) }
  },
}
const open = (jwksUrl: string | null = 'https://keys.example/set') => {
  const find = issuerKeys(
    { issuer, jwksUrl },
    { clock: { now: () => new Date(now * 1000) }, log: { info() {}, warn() {}, error() {} } },
    client,
  )
  return (kid: string) => find({ alg: 'ES256', kid }, { payload: '', signature: '' })
}
const unknown = { code: 'ERR_JWKS_NO_MATCHING_KEY' }

describe('the keys of an issuer', () => {
  it('are found by discovery, over https alone, without redirects and within limits', async () => {
    await open(null)('a')
    expect(sent.map(({ url }) => url)).toEqual([
      `${issuer}/.well-known/openid-configuration`,
      'https://keys.example/set',
    ])
    for (const request of sent)
      expect(request).toMatchObject({ schemes: ['https:'], bytesMax: 65_536, timeoutMsMax: 5_000 })
  })

  it("are not taken from another issuer's document", async () => {
    discovery = { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/keys' }
    await expect(open(null)('a')).rejects.toMatchObject({ code: 'service.unavailable', retryAfterSeconds: 5 })
    expect(sent).toHaveLength(1)
  })

  it('are fetched once for all who wait, and kept for ten minutes', async () => {
    const find = open()
    await Promise.all([find('a'), find('a'), find('a')])
    now = 599
    await find('a')
    expect(sent).toHaveLength(1)
    now = 600
    await find('a')
    expect(sent).toHaveLength(2)
  })

  it('are asked for again when a token names another, once in half a minute', async () => {
    const find = open()
    await find('a')
    published = [first, second]
    now = 29
    await expect(find('b')).rejects.toMatchObject(unknown)
    now = 30
    expect(await find('b')).toBeDefined()
    await expect(find('c')).rejects.toMatchObject(unknown)
    expect(sent).toHaveLength(2)
  })

  it('stay good for an hour while the issuer is away, and are not asked for at every call', async () => {
    const find = open()
    await find('a')
    isDown = true
    now = 3599
    for (let call = 0; call < 5; call++) expect(await find('a')).toBeDefined()
    expect(sent).toHaveLength(2)
    now = 3605
    await expect(find('a')).rejects.toMatchObject({ code: 'service.unavailable' })
    await expect(find('a')).rejects.toMatchObject({ code: 'service.unavailable' })
    expect(sent).toHaveLength(3)
    isDown = false
    now = 3610
    expect(await find('a')).toBeDefined()
  })
})
