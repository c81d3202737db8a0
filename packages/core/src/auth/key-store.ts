import type { Role } from '../caller.ts'
import type { Page } from '../page.ts'

/** An API key as it is kept: only the hash of its secret. */
export interface StoredKey {
  keyId: string
  /** sha256 of the whole key, hex. */
  hash: string
  name: string
  role: Role
  clusters: readonly string[] | '*'
  createdAt: string
  expiresAt: string | null
}

/** Port: API keys by hash. */
export interface KeyStore {
  findByHash(hash: string): Promise<StoredKey | null>
  create(key: StoredKey): Promise<void>
  remove(keyId: string): Promise<boolean>
  list(options: { cursor: string | null; limit: number }): Promise<Page<StoredKey>>
}
