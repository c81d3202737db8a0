import type { GatewayKeys, SignedKind } from '@gridgate/core/controller/gateway-keys'
import { GridError } from '@gridgate/core/errors'
import type { JsonObject } from '@gridgate/core/json'
import type { Needs } from '@gridgate/core/ports'
import { PrivateKey } from '@gridgate/http/signed-call'
import type { GatewayKeyStore, StoredGatewayKey, StoredGatewayKeys } from '@gridgate/storage/gateway-key-store'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'

/** A new key signs only after this long, in seconds: controllers learn it with their next heartbeats. */
const learningSeconds = 600
/** What was read is believed for this long, in milliseconds, so that a rotation reaches every process. */
const readMsMax = 5000

/** The gateway's keys in the table, each sealed; opened with the first signature, and held from then on. */
export function gatewayKeys(store: GatewayKeyStore, ports: Needs<'clock'>): GatewayKeys {
  let known: { keys: StoredGatewayKey[]; at: number } | undefined
  const opened = new Map<string, Promise<PrivateKey>>()

  const inOrder = async (): Promise<StoredGatewayKey[]> => {
    const now = ports.clock.now()
    if (!known || now.getTime() - known.at >= readMsMax) known = { keys: (await store.read()).keys, at: now.getTime() }
    if (known.keys.length === 0) {
      known = undefined
      throw new GridError('service.unavailable', 'the gateway has no signing key yet', { retryAfterSeconds: 60 })
    }
    return byUse(known.keys, now)
  }
  const open = (key: StoredGatewayKey): Promise<PrivateKey> => {
    const { kid } = key.publicKey
    const found =
      opened.get(kid) ??
      store.open(key).then(
        (text) => PrivateKey.parse(JSON.parse(text)),
        (error: unknown) => {
          opened.delete(kid)
          throw error
        },
      )
    opened.set(kid, found)
    return found
  }
  const make = async ({ keys, version }: StoredGatewayKeys): Promise<string | null> => {
    const made = await makeKey(store, ports)
    known = undefined
    // Two at most: the new one, and the one before it.
    return (await store.replace([made, ...keys.slice(0, 1)], version)) ? made.publicKey.kid : null
  }
  return {
    publicKeys: async () => (await inOrder()).map(({ publicKey }) => publicKey),
    async sign(kind, claims) {
      const [key] = await inOrder()
      if (!key) throw new GridError('internal', 'there is no signing key')
      return signed(await open(key), kind, claims)
    },
    signWithAll: async (kind, claims) =>
      Promise.all((await inOrder()).map(async (key) => signed(await open(key), kind, claims))),
    async ensure() {
      const stored = await store.read()
      return stored.keys.length === 0 && (await make(stored)) !== null
    },
    async rotate() {
      const stored = await store.read()
      const now = ports.clock.now()
      const kid = stored.keys.length > 1 && stored.keys.some((key) => !isLearnt(key, now)) ? null : await make(stored)
      if (kid === null)
        throw new GridError('gateway_key.rotating', 'the last rotation is not over yet', {
          retryAfterSeconds: learningSeconds,
        })
      return kid
    },
  }
}

/** The signing key first: the newest that controllers had time to learn, or else the oldest. */
function byUse(keys: readonly StoredGatewayKey[], now: Date): StoredGatewayKey[] {
  const signing = keys.find((key) => isLearnt(key, now)) ?? keys.at(-1)
  return [...keys].sort((a, b) => Number(b === signing) - Number(a === signing))
}

const isLearnt = ({ createdAt }: StoredGatewayKey, now: Date): boolean =>
  (now.getTime() - Date.parse(createdAt)) / 1000 >= learningSeconds

/** Loads the library with the first signature: most functions never make one. */
async function signed(key: PrivateKey, kind: SignedKind, claims: JsonObject): Promise<string> {
  const { signWith } = await import('@gridgate/http/signed-call')
  return signWith(key, kind, claims)
}

async function makeKey(store: GatewayKeyStore, ports: Needs<'clock'>): Promise<StoredGatewayKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(privateKey)
  const key = PrivateKey.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) })
  const { d: _, ...publicKey } = key
  return {
    publicKey,
    createdAt: ports.clock.now().toISOString(),
    sealed: await store.seal(key.kid, JSON.stringify(key)),
  }
}
