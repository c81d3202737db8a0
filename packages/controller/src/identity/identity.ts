import { randomUUID } from 'node:crypto'
import type { JsonObject } from '@gridgate/core/json'
import { callClaims, gatewayName, type PrivateKey, signWith } from '@gridgate/http/signed-call'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import type { IdentityStore, Kept } from './identity-store.ts'

/** A statement of identity is for one question only. */
const statementSecondsMax = 60

/** The controller's own key pair: who it is for the gateway. */
export interface Identity {
  /** The enrolled one, which signs. */
  publicKey(): JWK
  /** The one that is to follow it; null while no rotation is under way. */
  nextPublicKey(): JWK | null
  /** Signs that this cluster's controller was asked with this nonce, as a JWT (RFC 7519, EdDSA by RFC 8037). */
  state(nonce: string): Promise<string>
  /** A token for one call to the gateway. @param withNext signs with the key that is to follow */
  signCall(call: { method: string; path: string; body: string; at: Date }, withNext?: boolean): Promise<string>
  /** Makes the key that is to follow; answers the one under way where there is one. */
  beginRotation(): Promise<JWK>
  /** The gateway has enrolled the key that was to follow. */
  endRotation(): Promise<void>
}

/**
 * Takes the key pair that an earlier controller of this cluster left, or makes one; then publishes the public key for
 * enrolment (spec/decisions.md 45). The private key never leaves the store.
 */
export async function openIdentity(store: IdentityStore, clusterId: string): Promise<Identity> {
  const fresh = await makeKey()
  const found = await store.read()
  let kept = withKey(found.key ? found : await store.change((before) => ({ ...before, key: before.key ?? fresh })))
  await store.publish(publicPart(kept.key))

  const change = async (changed: Partial<Kept>): Promise<void> => {
    kept = withKey(await store.change((before) => ({ ...before, key: kept.key, ...changed })))
  }
  return {
    publicKey: () => publicPart(kept.key),
    nextPublicKey: () => (kept.next ? publicPart(kept.next) : null),
    state: async (nonce) =>
      new SignJWT({ nonce })
        .setProtectedHeader({ alg: 'EdDSA', kid: kept.key.kid, typ: 'gridgate-identity+jwt' })
        .setIssuer(clusterId)
        .setAudience(gatewayName)
        .setIssuedAt()
        .setExpirationTime(`${statementSecondsMax}s`)
        .sign(await importJWK(kept.key, 'EdDSA')),
    signCall: (call, withNext = false) => {
      const claims = callClaims({ ...call, issuer: clusterId, audience: gatewayName, id: randomUUID() })
      return signWith(withNext ? (kept.next ?? kept.key) : kept.key, 'call', claims)
    },
    async beginRotation() {
      const next = kept.next ?? (await makeKey())
      if (kept.next === null) await change({ next })
      return publicPart(next)
    },
    async endRotation() {
      if (kept.next === null) return
      const { next } = kept
      await change({ key: next, next: null })
      await store.publish(publicPart(next))
    },
  }
}

function withKey(kept: Kept): Kept & { key: PrivateKey } {
  if (kept.key === null) throw new TypeError('an opened identity has a key')
  return { ...kept, key: kept.key }
}

async function makeKey(): Promise<PrivateKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const { x = '', d = '' } = await exportJWK(privateKey)
  const key = { kty: 'OKP', crv: 'Ed25519', x, d } as const
  // The thumbprint (RFC 7638), so that the same key always has the same name.
  return { ...key, kid: await calculateJwkThumbprint(key) }
}

const publicPart = ({ kty, crv, x, kid }: PrivateKey): JWK & JsonObject => ({ kty, crv, x, kid })
