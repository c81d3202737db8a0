import { signWith } from '@gridgate/http/signed-call'
import { describe, expect, it } from 'vitest'
import { makeTestKey, signCall, type TestKey } from '../../../../test/signing.ts'
import type { IdentityStore, Kept } from '../identity/identity-store.ts'
import { gatewayTrust } from './gateway-trust.ts'

const [first, second, third] = (await Promise.all(['k1', 'k2', 'k3'].map(makeTestKey))) as [TestKey, TestKey, TestKey]
const startedAt = new Date(Date.UTC(2030, 0, 1))
const at = new Date(startedAt.getTime() + 10_000)
const keySet = (...keys: TestKey[]): string => JSON.stringify({ keys: keys.map(({ publicKey }) => publicKey) })

function memoryIdentityStore(): IdentityStore {
  let kept: Kept = { key: null, next: null, gatewayKeys: [], configured: '' }
  return {
    read: async () => kept,
    change: async (decide) => {
      kept = decide(kept)
      return kept
    },
    publish: async () => undefined,
  }
}

const trusting = (store = memoryIdentityStore(), configured = keySet(first)) =>
  gatewayTrust({ clusterId: 'west-1', configured: () => configured, store: () => store, startedAt })

/** What the gateway tells of its keys, signed by one of them. */
const statement = (by: TestKey, keys: TestKey[], when = at): Promise<string> => {
  const iat = when.getTime() / 1000
  return signWith(by.key, 'keys', {
    iss: 'gridgate',
    aud: 'west-1',
    iat,
    exp: iat + 30,
    ...JSON.parse(keySet(...keys)),
  })
}
const refused = { code: 'auth.invalid' }

describe('trust in the gateway', () => {
  it('takes a call once', async () => {
    const trust = trusting()
    const token = await signCall(first, { at })
    await trust.accept(token, at)
    await expect(trust.accept(token, at)).rejects.toMatchObject({ message: expect.stringContaining('used before') })
    await trust.accept(await signCall(first, { at }), at)
  })

  it('takes nothing that was made before the start, which might have been taken then', async () => {
    const before = await signCall(first, { at: new Date(startedAt.getTime() - 1) })
    await expect(trusting().accept(before, startedAt)).rejects.toMatchObject(refused)
  })

  it('takes no call of a controller, were it signed with a key of the gateway', async () => {
    await expect(trusting().accept(await signCall(first, { at, issuer: 'west-1' }), at)).rejects.toMatchObject(refused)
  })

  it('follows a rotation, and keeps what it learnt over a restart', async () => {
    const store = memoryIdentityStore()
    const trust = trusting(store)
    await trust.learn([await statement(second, [second, first]), await statement(first, [second, first])], at)
    await trust.accept(await signCall(second, { at }), at)
    await trust.accept(await signCall(first, { at }), at)

    await trusting(store).learn([await statement(third, [third]), await statement(second, [third, second])], at)
    const again = trusting(store)
    await again.accept(await signCall(third, { at }), at)
    await expect(again.accept(await signCall(first, { at }), at)).rejects.toMatchObject(refused)
  })

  it.each([
    ['signed by a key that it does not believe', () => statement(third, [third])],
    ['that is old', () => statement(first, [third], new Date(at.getTime() - 120_000))],
    ['that names none', () => statement(first, [])],
  ])('learns no keys %s', async (_, make) => {
    const trust = trusting()
    await trust.learn([await make()], at)
    await expect(trust.accept(await signCall(third, { at }), at)).rejects.toMatchObject(refused)
    await trust.accept(await signCall(first, { at }), at)
  })

  it('believes keys that are configured anew over what it learnt before', async () => {
    const store = memoryIdentityStore()
    await trusting(store).learn([await statement(first, [second])], at)
    await trusting(store, keySet(third)).accept(await signCall(third, { at }), at)
    await expect(trusting(store, keySet(third)).accept(await signCall(second, { at }), at)).rejects.toMatchObject(
      refused,
    )
  })
})
