import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GridError } from '@gridgate/core/errors'
import type { Cipher } from '@gridgate/core/infra/cipher'

const algorithm = 'aes-256-gcm'
const keyBytes = 32
/** 96 random bits: the nonce that GCM is made for (NIST SP 800-38D §8.2.2). */
const nonceBytes = 12
const tagBytes = 16
/** First byte of a sealed text, so that another format can be told apart. */
const format = 1
const keyFile = 'kubeconfig.key'

/**
 * AES-256-GCM under the key in `folder`, which is made on first use and readable by its owner only. Stands for a KMS data
 * key on one machine. The key is read when it is first needed.
 */
export function fileKeyCipher(folder: string): Cipher {
  let key: Promise<Buffer> | undefined
  const read = (): Promise<Buffer> => {
    key ??= readKey(folder).catch((error: unknown) => {
      key = undefined
      throw error
    })
    return key
  }
  return {
    seal: async (plain, context) => seal(await read(), plain, context),
    open: async (sealed, context) => unseal(await read(), sealed, context),
  }
}

function seal(key: Buffer, plain: Uint8Array, context: Readonly<Record<string, string>>): Uint8Array {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(additional(context))
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.of(format), nonce, cipher.getAuthTag(), text])
}

function unseal(key: Buffer, sealed: Uint8Array, context: Readonly<Record<string, string>>): Uint8Array | null {
  if (sealed[0] !== format || sealed.byteLength < 1 + nonceBytes + tagBytes) return null
  const nonce = sealed.subarray(1, 1 + nonceBytes)
  const tag = sealed.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes)
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(additional(context)).setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(sealed.subarray(1 + nonceBytes + tagBytes)), decipher.final()])
  } catch {
    return null
  }
}

/** One text for one context, whatever the order of its members. */
const additional = (context: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))))

async function readKey(folder: string): Promise<Buffer> {
  if (folder === '') throw new GridError('service.unavailable', 'no folder for key files is configured')
  const path = join(folder, keyFile)
  const file = await openKey(path).catch(async (error: unknown) => {
    if (!isCode(error, 'ENOENT')) throw error
    await createKey(folder, path)
    return openKey(path)
  })
  try {
    const { mode, size } = await file.stat()
    if ((mode & 0o077) !== 0) throw new Error(`${path} may be read by others: set its mode to 0600`)
    if (size !== keyBytes) throw new Error(`${path} is not a key of ${keyBytes} bytes`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

const openKey = (path: string): Promise<FileHandle> => open(path, constants.O_RDONLY | constants.O_NOFOLLOW)

/** Whole or not at all, and never over an existing one: several processes may start at once. */
async function createKey(folder: string, path: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const fresh = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(fresh, randomBytes(keyBytes), { mode: 0o600, flag: 'wx', flush: true })
  try {
    await link(fresh, path)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await rm(fresh)
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
