import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAwsClient } from '@gridgate/remote/aws/aws-client'
import { kmsCipher } from '@gridgate/runtime/kms-cipher'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { context, describeCipherContract, secret } from '../../contract/cipher-contract.ts'
import { awsEndpoint } from '../aws/endpoint.ts'
import { listen } from '../aws/test-cloud.ts'
import { readKeyFile } from './key-file.ts'
import { openKms } from './open-kms.ts'

const keyArn = 'arn:aws:kms:eu-west-1:000000000000:key/local'
let folder: string
const ends: (() => Promise<void> | void)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridgate-kms-'))
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await rm(folder, { recursive: true })
})

async function cipherAt(server: ReturnType<typeof createServer>, key = keyArn) {
  const environment = {
    ...{ AWS_ENDPOINT_URL: await listen(server), AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 's' },
  }
  ends.push(
    () => void server.closeAllConnections(),
    () => void server.close(),
  )
  return kmsCipher(openAwsClient({ region: 'eu-west-1', clock: { now: () => new Date() }, environment }), key)
}
const file = (): string => join(folder, 'kms.key')
const embedded = (key = keyArn) => cipherAt(awsEndpoint({ TrentService: openKms({ file: file(), keyArn }) }), key)

describeCipherContract('the embedded KMS', () => embedded())

describe('secrets under the embedded KMS', () => {
  it('cannot be used while KMS is away, or by another key', async () => {
    const away = await cipherAt(createServer((_, response) => response.writeHead(500).end()))
    const unavailable = { code: 'service.unavailable' }
    await expect(away.seal(secret, context)).rejects.toMatchObject(unavailable)
    const sealed = await (await embedded()).seal(secret, context)
    await expect(away.open(sealed, context)).rejects.toMatchObject(unavailable)
    await expect((await embedded(`${keyArn}-other`)).seal(secret, context)).rejects.toMatchObject(unavailable)
  })
})

describe('the key file', () => {
  it('is made once, for its owner only, by however many processes start at once', async () => {
    const found = await Promise.all(Array.from({ length: 8 }, () => readKeyFile(file())))
    expect(new Set(found.map(String)).size).toBe(1)
    expect(await readdir(folder)).toEqual(['kms.key'])
    expect((await stat(file())).mode & 0o777).toBe(0o600)
  })

  it('is not used when others may read it, or when it is no key', async () => {
    await readKeyFile(file())
    await chmod(file(), 0o644)
    await expect(readKeyFile(file())).rejects.toThrow('set its mode to 0600')
    await chmod(file(), 0o600)
    await writeFile(file(), 'short')
    await expect(readKeyFile(file())).rejects.toThrow('not a key')
  })
})
