import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GatewayKeys, SignedKind } from '@gridgate/core/controller/gateway-keys'
import { GridError } from '@gridgate/core/errors'
import type { JsonObject } from '@gridgate/core/json'
import type { Needs } from '@gridgate/core/ports'
import { PrivateKey } from '@gridgate/http/signed-call'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { z } from 'zod'

const file = 'gateway-keys.json'
/** A new key signs only after this long, in seconds: controllers learn it with their next heartbeats. */
const learningSeconds = 600
/** What was read is believed for this long, in milliseconds, so that a rotation reaches every process. */
const readMsMax = 5000

const Keys = z.array(z.object({ key: PrivateKey, createdAt: z.string() })).min(1)
type Keys = z.infer<typeof Keys>

/** Keys in a file of `folder` that only its owner reads, made on first use. Stands for asymmetric KMS keys on one machine. */
export function gatewayKeyFile(folder: string, ports: Needs<'clock'>): GatewayKeys {
  let known: { keys: Keys; at: number } | undefined
  const read = async (): Promise<Keys> => {
    const now = ports.clock.now().getTime()
    if (known && now - known.at < readMsMax) return known.keys
    known = { keys: await readOrCreate(folder, ports), at: now }
    return known.keys
  }
  const inOrder = async (): Promise<JWK[]> => byUse(await read(), ports.clock.now())
  return {
    publicKeys: async () => (await inOrder()).map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid }) as JsonObject),
    async sign(kind, claims) {
      const [key] = await inOrder()
      return signed(key, kind, claims)
    },
    signWithAll: async (kind, claims) => Promise.all((await inOrder()).map((key) => signed(key, kind, claims))),
    async rotate() {
      const keys = await readOrCreate(folder, ports)
      const now = ports.clock.now()
      if (keys.length > 1 && keys.some((key) => !isLearnt(key, now)))
        throw new GridError('gateway_key.rotating', 'the last rotation is not over yet', {
          retryAfterSeconds: learningSeconds,
        })
      const made = await makeKey(ports)
      // Two at most: the new one, and the one before it.
      await replace(folder, [made, ...keys.slice(0, 1)])
      known = undefined
      return made.key.kid
    },
  }
}

/** The signing key first: the newest that controllers had time to learn, or else the oldest. */
function byUse(keys: Keys, now: Date): JWK[] {
  const signing = keys.find((key) => isLearnt(key, now)) ?? keys.at(-1)
  return [...keys].sort((a, b) => Number(b === signing) - Number(a === signing)).map(({ key }) => key)
}

const isLearnt = ({ createdAt }: Keys[number], now: Date): boolean =>
  (now.getTime() - Date.parse(createdAt)) / 1000 >= learningSeconds

/** Loads the library with the first signature: most functions never make one. */
async function signed(key: JWK | undefined, kind: SignedKind, claims: JsonObject): Promise<string> {
  const { signWith } = await import('@gridgate/http/signed-call')
  return signWith(key ?? {}, kind, claims)
}

async function readOrCreate(folder: string, ports: Needs<'clock'>): Promise<Keys> {
  if (folder === '') throw new GridError('service.unavailable', 'no folder for key files is configured')
  const path = join(folder, file)
  const text = await readOwned(path)
  if (text !== null) return Keys.parse(JSON.parse(text))
  await create(folder, [await makeKey(ports)])
  return Keys.parse(JSON.parse((await readOwned(path)) ?? '[]'))
}

async function readOwned(path: string): Promise<string | null> {
  const opened = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (opened === null) return null
  try {
    const { mode } = await opened.stat()
    if ((mode & 0o077) !== 0) throw new Error(`${path} may be read by others: set its mode to 0600`)
    return await opened.readFile('utf8')
  } finally {
    await opened.close()
  }
}

async function makeKey(ports: Needs<'clock'>): Promise<Keys[number]> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(privateKey)
  const key = PrivateKey.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) })
  return { key, createdAt: ports.clock.now().toISOString() }
}

/** Never over an existing file: several processes may start at once, and the first one's key is everybody's. */
async function create(folder: string, keys: Keys): Promise<void> {
  const fresh = await writeFresh(folder, keys)
  try {
    await link(fresh, join(folder, file))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(fresh)
  }
}

/** Whole or not at all. */
async function replace(folder: string, keys: Keys): Promise<void> {
  await rename(await writeFresh(folder, keys), join(folder, file))
}

async function writeFresh(folder: string, keys: Keys): Promise<string> {
  const path = join(folder, `${file}.${randomBytes(6).toString('hex')}`)
  await writeFile(path, JSON.stringify(keys), { mode: 0o600, flag: 'wx', flush: true })
  return path
}
