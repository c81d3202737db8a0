import { z } from 'zod'
import { Role } from '../caller.ts'
import type { Page } from '../page.ts'

/** An API key as it is kept: only the hash of its secret. */
export const StoredKey = z.object({
  keyId: z.string(),
  hash: z.string().describe('sha256 of the whole key, hex'),
  name: z.string(),
  role: Role,
  clusters: z.union([z.literal('*'), z.array(z.string()).readonly()]),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
})
export type StoredKey = z.infer<typeof StoredKey>

/** Port: API keys by hash. */
export interface KeyStore {
  findByHash(hash: string): Promise<StoredKey | null>
  create(key: StoredKey): Promise<void>
  /**
   * False when it was not there any more, or the key that is to stay was not.
   * @param successor a key that must still be there for this one to go; null for none
   */
  remove(key: StoredKey, successor: StoredKey | null): Promise<boolean>
  /** In the order of their ids. */
  list(options: { after: string | null; limit: number }): Promise<Page<StoredKey>>
}
