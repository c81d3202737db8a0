import { verifyKeys } from '@gridgate/http/signed-call'
import { gatewayKeyStore } from '@gridgate/storage/gateway-key-store'
import { memoryStore } from '@gridgate/storage/memory-store'
import { keys as tableKeys } from '@gridgate/storage/table'
import { beforeEach, describe, expect, it } from 'vitest'
import { testCipher } from '../../../test/test-cipher.ts'
import { gatewayKeys } from './gateway-keys.ts'

let now: number
const clock = { now: () => new Date(now) }
let store: ReturnType<typeof memoryStore>
let cipher: ReturnType<typeof testCipher>
const open = () => gatewayKeys(gatewayKeyStore(store, cipher), { clock })
const kids = async (): Promise<unknown[]> => (await open().publicKeys()).map(({ kid }) => kid)

beforeEach(async () => {
  now = Date.UTC(2030, 0, 1)
  store = memoryStore()
  cipher = testCipher()
  await open().ensure()
})

describe('the keys of the gateway', () => {
  it('are made once, however many ask for them at first', async () => {
    store = memoryStore()
    await expect(open().publicKeys()).rejects.toMatchObject({ code: 'service.unavailable' })
    await Promise.all(Array.from({ length: 10 }, () => open().ensure()))
    const all = await Promise.all(Array.from({ length: 10 }, () => kids()))
    expect(new Set(all.map(String)).size).toBe(1)
    expect(all[0]).toHaveLength(1)
  })

  it('are kept sealed, and shown without their private part', async () => {
    const [{ d, x } = {}] = [JSON.parse(await privateText()) as Record<string, string>]
    const stored = JSON.stringify(await store.get(tableKeys.gatewayKeys()))
    expect(stored).toContain(x)
    expect(stored).not.toContain(d)
    expect(JSON.stringify(await open().publicKeys())).not.toContain('"d"')
  })

  it('rotate: the new key is shown at once, signs ten minutes later, and the old one goes with the next rotation', async () => {
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

  it('sign with one, or with each', async () => {
    await open().rotate()
    const keys = await open().publicKeys()
    const iat = now / 1000
    const claims = { iss: 'gridgate', aud: 'west-1', iat, exp: iat + 30 }
    const signed = [await open().sign('keys', claims), ...(await open().signWithAll('keys', claims))]
    const by = [keys[0], keys[0], keys[1]]
    for (const [index, token] of signed.entries())
      await verifyKeys(token, { keys: [by[index] ?? {}], audience: 'west-1', at: clock.now() })
  })

  it('are opened once by each process, and again after a failure', async () => {
    let opened = 0
    let isAway = true
    const { seal, open: openSealed } = cipher
    cipher = {
      seal,
      open: async (sealed, context) => {
        opened++
        if (isAway) throw new Error('away')
        return openSealed(sealed, context)
      },
    }
    const keys = open()
    await expect(keys.sign('keys', {})).rejects.toThrow('away')
    isAway = false
    await keys.sign('keys', {})
    await keys.sign('keys', {})
    expect(opened).toBe(2)
  })
})

async function privateText(): Promise<string> {
  const rows = gatewayKeyStore(store, cipher)
  const [key] = (await rows.read()).keys
  if (!key) throw new Error('no key')
  return rows.open(key)
}
