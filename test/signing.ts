import { randomUUID } from 'node:crypto'
import type { JsonObject } from '@gridgate/core/json'
import { type CallFacts, callClaims, signWith } from '@gridgate/http/signed-call'
import { exportJWK, generateKeyPair, type JWK } from 'jose'

/** A key pair for signed calls. */
export interface TestKey {
  key: JWK
  publicKey: JsonObject
}

export async function makeTestKey(kid: string): Promise<TestKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const { x = '', d = '' } = await exportJWK(privateKey)
  return { key: { kty: 'OKP', crv: 'Ed25519', x, d, kid }, publicKey: { kty: 'OKP', crv: 'Ed25519', x, kid } }
}

/** The token of a call; what is not told is a `GET /` without a body from the gateway to the cluster west-1, made now. */
export function signCall({ key }: TestKey, told: Partial<CallFacts> = {}, claims: JsonObject = {}): Promise<string> {
  const facts: CallFacts = {
    issuer: 'gridgate',
    audience: 'west-1',
    method: 'GET',
    path: '/',
    body: '',
    at: new Date(),
    id: randomUUID(),
    ...told,
  }
  return signWith(key, 'call', { ...callClaims(facts), ...claims })
}
