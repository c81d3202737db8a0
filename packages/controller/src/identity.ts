import { createHash } from 'node:crypto'
import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from '@gridgate/kube/client'
import { identityKeyName, identityName, namespaces, publicKeyEntry } from '@gridgate/kube/components/names'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'

const privateKeyEntry = 'private-key.json'
/** A statement of identity is for one question only. */
const statementSecondsMax = 60

/** The controller's own key pair: who it is for the gateway. */
export interface Identity {
  publicKey: JWK
  /** Signs that this cluster's controller was asked with this nonce, as a JWT (RFC 7519, EdDSA by RFC 8037). */
  state(nonce: string): Promise<string>
}

/**
 * Takes the key pair that an earlier controller of this cluster left in its Secret, or makes one; then publishes the
 * public key for enrolment (spec/decisions.md 45). The private key never leaves the cluster.
 */
export async function openIdentity(client: KubeClient, clusterId: string): Promise<Identity> {
  const privateKey = (await keptKey(client, clusterId)) ?? (await makeKey(client, clusterId))
  const publicKey = publicPart(privateKey)
  await client.merge(
    { apiVersion: 'v1', kind: 'ConfigMap', name: identityName(clusterId), namespace: namespaces.controllers },
    { data: { [publicKeyEntry]: JSON.stringify(publicKey) } },
  )
  const key = await importJWK(privateKey, 'EdDSA')
  return {
    publicKey,
    state: (nonce) =>
      new SignJWT({ nonce })
        .setProtectedHeader({ alg: 'EdDSA', kid: publicKey.kid ?? '', typ: 'gridgate-identity+jwt' })
        .setIssuer(clusterId)
        .setAudience('gridgate')
        .setIssuedAt()
        .setExpirationTime(`${statementSecondsMax}s`)
        .sign(key),
  }
}

const secretOf = (clusterId: string) =>
  ({ apiVersion: 'v1', kind: 'Secret', name: identityKeyName(clusterId), namespace: namespaces.controllers }) as const

async function keptKey(client: KubeClient, clusterId: string): Promise<JWK | null> {
  const secret = (await client.get(secretOf(clusterId))) as { data?: Record<string, string> } | null
  const text = secret?.data?.[privateKeyEntry]
  if (text === undefined) return null
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as JWK
  } catch {
    throw new GridError('internal', `the secret ${identityKeyName(clusterId)} holds no key that can be read`)
  }
}

async function makeKey(client: KubeClient, clusterId: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(privateKey)
  const named = { ...jwk, kid: keyId(jwk) }
  await client.merge(secretOf(clusterId), {
    data: { [privateKeyEntry]: Buffer.from(JSON.stringify(named)).toString('base64') },
  })
  return named
}

/** The key's thumbprint (RFC 7638), so that the same key always has the same name. */
const keyId = ({ crv, kty, x }: JWK): string =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')

const publicPart = ({ kty, crv, x, kid }: JWK): JWK => ({ kty, crv, x, kid }) as JWK
