import { beforeAll, describe, expect, it } from 'vitest'
import type { Ground } from './kubernetes-contract.ts'

/** Watching: history, selections, bookmarks. */
export function watchContract(ground: Ground): void {
  describe('watch', () => {
    let maps: string
    beforeAll(async () => {
      maps = `/api/v1/namespaces/${await ground.namespace()}/configmaps`
    })
    const config = (name: string, labels: Record<string, string> = {}) => ({ metadata: { name, labels } })

    it('tells what changed since a version, in order', async () => {
      const { body } = await ground.client.get(maps)
      await ground.client.post(maps, config('w1'))
      await ground.client.patch(`${maps}/w1`, { data: { a: '1' } })
      await ground.client.remove(`${maps}/w1`)
      const watch = ground.client.watch(`${maps}?watch=true&resourceVersion=${body.metadata.resourceVersion}`)
      await watch.find((event) => event.type === 'DELETED')
      watch.close()
      const own = watch.events.filter((event) => event.object.metadata.name === 'w1')
      expect(own.map((event) => event.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
      const versions = own.map((event) => Number(event.object.metadata.resourceVersion))
      expect(versions).toEqual(versions.toSorted((a, b) => a - b))
    })

    it('begins with everything when no version is given', async () => {
      await ground.client.post(maps, config('w2'))
      const watch = ground.client.watch(`${maps}?watch=true`)
      const event = await watch.find((each) => each.object.metadata.name === 'w2')
      watch.close()
      expect(event.type).toBe('ADDED')
    })

    it('adds and deletes objects that enter and leave the selection', async () => {
      await ground.client.post(maps, config('w3'))
      const { body } = await ground.client.get(maps)
      const watch = ground.client.watch(
        `${maps}?watch=true&labelSelector=in%3Dyes&resourceVersion=${body.metadata.resourceVersion}`,
      )
      await ground.client.patch(`${maps}/w3`, { metadata: { labels: { in: 'yes' } } })
      await watch.find((event) => event.type === 'ADDED' && event.object.metadata.name === 'w3')
      await ground.client.patch(`${maps}/w3`, { metadata: { labels: { in: 'no' } } })
      const gone = await watch.find((event) => event.type === 'DELETED')
      watch.close()
      expect(gone.object.metadata.name).toBe('w3')
    })

    it('sends what is there and then a bookmark, where a streaming list is asked for', async () => {
      await ground.client.post(maps, config('w4'))
      const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
      const watch = ground.client.watch(`${maps}?${query}`)
      const mark = await watch.find((event) => event.type === 'BOOKMARK')
      watch.close()
      expect(mark.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
      expect(watch.events.some((event) => event.object.metadata.name === 'w4')).toBe(true)
    })

    it('says 410 Expired for a version that is too old', async () => {
      const watch = ground.client.watch(`${maps}?watch=true&resourceVersion=1`)
      const error = await watch.find((event) => event.type === 'ERROR' || event.type === 'ADDED')
      watch.close()
      if (error.type === 'ERROR') expect(error.object).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' })
    })

    it('ends after timeoutSeconds', async () => {
      const { body } = await ground.client.get(maps)
      const watch = ground.client.watch(
        `${maps}?watch=true&timeoutSeconds=1&resourceVersion=${body.metadata.resourceVersion}`,
      )
      await watch.ended()
      expect(watch.events).toEqual([])
    })

    it('refuses a version of the future', async () => {
      const answer = await ground.client.get(
        `${maps}?resourceVersion=99999999999&resourceVersionMatch=NotOlderThan&timeoutSeconds=1`,
      )
      expect(answer.status).toBe(504)
    })
  })
}
