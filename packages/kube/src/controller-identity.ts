import type { KubeClient } from './client.ts'
import type { PublicKey } from './components/infra-config.ts'
import { identityName, namespaces, publicKeyEntry } from './components/names.ts'
import { textAt } from './object.ts'

/**
 * The public key that the cluster's controller made for itself and wrote where only it may, or null while it has not
 * (spec/decisions.md 45). What is not an Ed25519 JWK counts as not written.
 */
export async function controllerPublicKey(client: KubeClient, clusterId: string): Promise<PublicKey | null> {
  const name = identityName(clusterId)
  const found = await client.get({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace: namespaces.controllers })
  return parseKey(textAt(found, 'data', publicKeyEntry))
}

function parseKey(text: string | undefined): PublicKey | null {
  if (text === undefined || text.length > 1000) return null
  try {
    const key: unknown = JSON.parse(text)
    const [kty, crv, x, kid] = ['kty', 'crv', 'x', 'kid'].map((name) => textAt(key, name))
    const isEd25519 = kty === 'OKP' && crv === 'Ed25519' && /^[A-Za-z0-9_-]{43}$/.test(x ?? '')
    return isEd25519 && x && kid && kid.length <= 128 ? { kty, crv, x, kid } : null
  } catch {
    return null
  }
}
