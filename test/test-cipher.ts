import { randomBytes } from 'node:crypto'
import type { Cipher } from '@gridgate/core/infra/cipher'
import { openWith, sealWith } from '@gridgate/storage/sealing'

/** Seals for real, under a key that only this cipher has. */
export function testCipher(): Cipher {
  const key = randomBytes(32)
  return {
    seal: async (plain, context) => sealWith(key, plain, context),
    open: async (sealed, context) => openWith(key, sealed, context),
  }
}
