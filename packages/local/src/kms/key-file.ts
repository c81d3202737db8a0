import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

const keyBytes = 32

/** The key in a file that only its owner reads, made on first use. @throws when others may read it, or it is no key */
export async function readKeyFile(path: string): Promise<Buffer> {
  const file = await openKey(path).catch(async (error: unknown) => {
    if (!isCode(error, 'ENOENT')) throw error
    await createKey(path)
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
async function createKey(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
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
