import { summaryBytesMax } from '@gridgate/core/controller/heartbeat'
import { describe, expect, it } from 'vitest'
import { describeOnEveryStore } from './contract.ts'
import { summaryStore } from './summary-store.ts'
import { keys } from './table.ts'

const at = new Date(Date.UTC(2030, 0, 1))

describeOnEveryStore('summaries', (open) => {
  describe('of clusters', () => {
    it('are the latest that was reported, and end a day after it', async () => {
      const store = await open()
      const summaries = summaryStore(store)
      await summaries.put('a', { cluster: { vcpu: { load15m: 1 } } }, at)
      const later = new Date(at.getTime() + 30_000)
      await summaries.put('a', { cluster: { vcpu: { load15m: 2.5 } } }, later)
      expect(await summaries.find('a')).toEqual({
        clusterId: 'a',
        summary: { cluster: { vcpu: { load15m: 2.5 } } },
        at: later,
      })
      expect((await store.get(keys.summary('a')))?.ttl).toBe(later.getTime() / 1000 + 86_400)
      expect(await summaries.find('b')).toBeNull()
    })

    it('are found together, those that there are', async () => {
      const summaries = summaryStore(await open())
      const ids = Array.from({ length: 60 }, (_, index) => `c${index}`)
      await Promise.all(ids.slice(0, 50).map((id) => summaries.put(id, { id }, at)))
      const found = await summaries.findMany(ids)
      expect([...found.keys()]).toEqual(ids.slice(0, 50))
      expect(found.get('c7')?.summary).toEqual({ id: 'c7' })
    })

    it('meet in no list, so that no partition is hot', async () => {
      const store = await open()
      await summaryStore(store).put('a', {}, at)
      const item = await store.get(keys.summary('a'))
      expect([item?.pk, item?.listPk]).toEqual(['SUMMARY#a', undefined])
    })

    it('above 32 KB are refused, and the last one stays', async () => {
      const summaries = summaryStore(await open())
      await summaries.put('a', { kept: true }, at)
      const large = summaries.put('a', { text: 'x'.repeat(summaryBytesMax) }, at)
      await expect(large).rejects.toMatchObject({ code: 'request.too_large' })
      expect((await summaries.find('a'))?.summary).toEqual({ kept: true })
    })
  })
})
