import type { webcrypto } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

/** A small issuer of tokens on loopback: it says what it is, publishes its keys, and signs whatever it is told to. */
export interface TokenIssuer {
  url: string
  /** Of the paths that were asked for. */
  asked: string[]
  /** Makes another key, which signs from now on; the ones before stay published unless they are replaced. */
  rotate(options?: { alg?: string; isReplacing?: boolean }): Promise<void>
  sign(claims: JWTPayload, header?: Record<string, string>): Promise<string>
  stop(): Promise<void>
}

export async function openIssuer(): Promise<TokenIssuer> {
  const asked: string[] = []
  let published: JWK[] = []
  let signer: { key: webcrypto.CryptoKey; alg: string; kid: string } | undefined
  let url = ''
  const documents: Record<string, () => object> = {
    '/.well-known/openid-configuration': () => ({ issuer: url, jwks_uri: `${url}/keys` }),
    '/keys': () => ({ keys: published }),
  }
  const server = createServer(({ url: path = '' }, reply) => {
    asked.push(path)
    const document = documents[path]?.()
    reply.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: TokenIssuer = {
    url,
    asked,
    async rotate({ alg = 'RS256', isReplacing = false } = {}) {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
      const kid = `key-${published.length}-${alg}`
      published = [...(isReplacing ? [] : published), { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }]
      signer = { key: privateKey, alg, kid }
    },
    async sign(claims, header = {}) {
      if (!signer) throw new Error('the issuer has no key')
      const protectedHeader = { alg: signer.alg, kid: signer.kid, typ: 'at+jwt', ...header }
      return new SignJWT(claims).setProtectedHeader(protectedHeader).sign(signer.key)
    },
    async stop() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
  await issuer.rotate()
  return issuer
}
