import { expect, it } from 'vitest'
import { testCipher } from '../../../test/test-cipher.ts'
import { describeOnEveryStore } from './contract.ts'
import { heldSecondsMax, kubeconfigVault } from './kubeconfig-vault.ts'
import type { Store } from './store.ts'
import { keys } from './table.ts'

const context = { clusterId: 'west-1', taskId: 't1' }
const secret = '{"users":[{"user":{"token":"canary-token"}}]}'
const gone = { code: 'kubeconfig.gone' }

describeOnEveryStore('the kubeconfig vault', (open) => {
  async function opened() {
    let now = Date.UTC(2030, 0, 1)
    const store: Store = await open()
    const clock = { now: () => new Date(now) }
    const vault = kubeconfigVault(store, testCipher(), clock)
    return { store, vault, pass: (seconds: number) => (now += seconds * 1000) }
  }

  it('gives a kubeconfig back to the task it is held for, and to nobody else', async () => {
    const { vault } = await opened()
    const reference = await vault.put(secret, context)
    expect(await vault.open(reference, context)).toBe(secret)
    await expect(vault.open(reference, { ...context, taskId: 't2' })).rejects.toMatchObject(gone)
    await expect(vault.open(reference, { ...context, clusterId: 'east-1' })).rejects.toMatchObject(gone)
    await expect(vault.open('made-up', context)).rejects.toMatchObject(gone)
  })

  it('keeps no readable text of it', async () => {
    const { store, vault } = await opened()
    const reference = await vault.put(secret, context)
    const item = await store.get(keys.kubeconfig(reference))
    const stored = Buffer.from(item?.sealed as Uint8Array)
    expect(stored.includes('canary')).toBe(false)
    expect(JSON.stringify({ ...item, sealed: '' })).not.toContain('canary')
    expect(item?.ttl).toBe(Date.UTC(2030, 0, 1) / 1000 + heldSecondsMax)
  })

  it('holds it no longer than its time, however late the table tidies up', async () => {
    const { vault, pass } = await opened()
    const reference = await vault.put(secret, context)
    pass(heldSecondsMax - 1)
    expect(await vault.open(reference, context)).toBe(secret)
    pass(1)
    await expect(vault.open(reference, context)).rejects.toMatchObject(gone)
  })

  it('destroys it for good, and twice is the same as once', async () => {
    const { store, vault } = await opened()
    const reference = await vault.put(secret, context)
    await vault.destroy(reference)
    await vault.destroy(reference)
    await expect(vault.open(reference, context)).rejects.toMatchObject(gone)
    expect(await store.get(keys.kubeconfig(reference))).toBeNull()
  })

  it('refuses a text that was changed, or moved under another reference', async () => {
    const { store, vault } = await opened()
    const [reference, other] = [await vault.put(secret, context), await vault.put(secret, context)]
    const item = await store.get(keys.kubeconfig(reference))
    const sealed = Uint8Array.from(item?.sealed as Uint8Array)
    sealed[40] = (sealed[40] ?? 0) ^ 1
    await store.write({ put: { ...item, ...keys.kubeconfig(reference), sealed } })
    await store.write({ put: { ...item, ...keys.kubeconfig(other) } })
    await expect(vault.open(reference, context)).rejects.toMatchObject(gone)
    await expect(vault.open(other, context)).rejects.toMatchObject(gone)
  })
})
