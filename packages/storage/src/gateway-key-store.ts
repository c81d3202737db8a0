import { GridError } from '@gridgate/core/errors'
import type { Cipher } from '@gridgate/core/infra/cipher'
import type { JsonObject } from '@gridgate/core/json'
import { isWritten } from './is-written.ts'
import type { Store } from './store.ts'
import { keys } from './table.ts'

/** A signing key of the gateway as it is kept: what may be seen of it, and the whole, sealed. */
export interface StoredGatewayKey {
  /** Public JWK with `kid`. */
  publicKey: JsonObject & { kid: string }
  createdAt: string
  /** Base64. */
  sealed: string
}

export interface StoredGatewayKeys {
  /** Newest first; none before the first one is made. */
  keys: StoredGatewayKey[]
  version: number
}

/** The gateway's signing keys, in one row, so that a rotation is one condition. */
export interface GatewayKeyStore {
  read(): Promise<StoredGatewayKeys>
  /** False when somebody else was faster. */
  replace(keys: StoredGatewayKey[], version: number): Promise<boolean>
  /** @param privateKey JSON text */
  seal(kid: string, privateKey: string): Promise<string>
  open(key: StoredGatewayKey): Promise<string>
}

export function gatewayKeyStore(store: Store, cipher: Cipher): GatewayKeyStore {
  return {
    async read() {
      const item = await store.get(keys.gatewayKeys())
      if (!item) return { keys: [], version: 0 }
      return { keys: JSON.parse(String(item.json)) as StoredGatewayKey[], version: Number(item.version) }
    },
    replace: (next, version) =>
      isWritten(
        store.write({
          put: { ...keys.gatewayKeys(), version: version + 1, json: JSON.stringify(next) },
          when: version === 0 ? 'absent' : { equals: { version } },
        }),
      ),
    async seal(kid, privateKey) {
      return Buffer.from(await cipher.seal(Buffer.from(privateKey), contextOf(kid))).toString('base64')
    },
    async open({ publicKey, sealed }) {
      const plain = await cipher.open(Buffer.from(sealed, 'base64'), contextOf(publicKey.kid))
      if (plain === null) throw new GridError('internal', `the gateway's key ${publicKey.kid} cannot be opened`)
      return Buffer.from(plain).toString('utf8')
    },
  }
}

const contextOf = (kid: string) => ({ purpose: 'gateway-key', kid })
