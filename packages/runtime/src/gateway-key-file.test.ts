import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyKeys } from '@gridgate/http/signed-call'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gatewayKeyFile } from './gateway-key-file.ts'

let folder: string
let now = Date.UTC(2030, 0, 1)
const clock = { now: () => new Date(now) }
const open = () => gatewayKeyFile(folder, { clock })
const kids = async (): Promise<unknown[]> => (await open().publicKeys()).map(({ kid }) => kid)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gridgate-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the key file of the gateway', () => {
  it('is made once, for its owner alone, however many ask first', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => open().publicKeys()))
    expect(new Set(all.map((keys) => JSON.stringify(keys))).size).toBe(1)
    expect(readdirSync(folder)).toEqual(['gateway-keys.json'])
    expect(statSync(join(folder, 'gateway-keys.json')).mode & 0o777).toBe(0o600)
    expect(JSON.stringify(all)).not.toContain('"d"')
  })

  it('rotates: the new key is shown at once, signs ten minutes later, and the old one goes with the next rotation', async () => {
    const [old] = await kids()
    const fresh = await open().rotate()
    expect(await kids()).toEqual([old, fresh])
    await expect(open().rotate()).rejects.toMatchObject({ code: 'gateway_key.rotating' })
    expect(await kids()).toEqual([old, fresh])
    now += 600_000
    expect(await kids()).toEqual([fresh, old])
    const newest = await open().rotate()
    expect(await kids()).toEqual([fresh, newest])
  })

  it('signs with one key, or with each', async () => {
    await open().rotate()
    const keys = await open().publicKeys()
    const iat = now / 1000
    const claims = { iss: 'gridgate', aud: 'west-1', iat, exp: iat + 30 }
    const signed = [await open().sign('keys', claims), ...(await open().signWithAll('keys', claims))]
    const by = [keys[0], keys[0], keys[1]]
    for (const [index, token] of signed.entries())
      await verifyKeys(token, { keys: [by[index] ?? {}], audience: 'west-1', at: clock.now() })
  })

  it('is not used when others may read it', async () => {
    await open().publicKeys()
    chmodSync(join(folder, 'gateway-keys.json'), 0o644)
    await expect(open().publicKeys()).rejects.toThrow('0600')
  })
})
