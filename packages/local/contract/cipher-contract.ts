import type { Cipher } from '@gridgate/core/infra/cipher'
import { describe, expect, it } from 'vitest'

/** The context and the text that the promises are tried with. */
export const context = { purpose: 'kubeconfig', clusterId: 'west-1' }
export const secret = Buffer.from('token: canary')

/** What a KMS promises to those who keep secrets under its key. */
export function describeCipherContract(kms: string, open: () => Promise<Cipher>): void {
  describe(`secrets under ${kms}`, () => {
    it('are sealed and opened under their context', async () => {
      const cipher = await open()
      const sealed = await cipher.seal(secret, context)
      expect(Buffer.from(sealed).includes('canary')).toBe(false)
      expect(Buffer.from((await cipher.open(sealed, context)) ?? [])).toEqual(secret)
      expect(await cipher.seal(secret, context)).not.toEqual(sealed)
    })

    it.each([
      ['another context', (sealed: Uint8Array) => sealed, { ...context, clusterId: 'east-1' }],
      ['a part of the context', (sealed: Uint8Array) => sealed, { purpose: context.purpose }],
      ['a changed text', (sealed: Uint8Array) => flipped(sealed, sealed.length - 1), context],
      ['a changed data key', (sealed: Uint8Array) => flipped(sealed, headBytes + dataKeyBytesMin - 1), context],
      ['another format', (sealed: Uint8Array) => flipped(sealed, 0), context],
      ['too little', () => Uint8Array.of(2), context],
    ])('are not opened with %s', async (_, change, given) => {
      const cipher = await open()
      expect(await cipher.open(change(await cipher.seal(secret, context)), given)).toBeNull()
    })
  })
}

/** Before the data key of a sealed text, and no longer than any KMS's data key, in bytes. */
const headBytes = 3
const dataKeyBytesMin = 60

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
