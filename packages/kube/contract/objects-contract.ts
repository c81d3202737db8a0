import { beforeAll, describe, expect, it } from 'vitest'
import type { Ground } from './kubernetes-contract.ts'

const config = (name: string, data: Record<string, string> = { a: '1' }, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
})

/** Creating, reading, changing and removing objects. */
export function objectsContract(ground: Ground): void {
  describe('objects', () => {
    let maps: string
    let namespace: string
    beforeAll(async () => {
      namespace = await ground.namespace()
      maps = `/api/v1/namespaces/${namespace}/configmaps`
    })

    it('gives a new object uid, time and version, and returns it the same on reading', async () => {
      const created = await ground.client.post(maps, config('one'))
      expect(created.status).toBe(201)
      expect(created.body.metadata).toMatchObject({
        name: 'one',
        namespace,
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
      })
      expect((await ground.client.get(`${maps}/one`)).body).toEqual(created.body)
    })

    it('makes a name from generateName', async () => {
      const { body } = await ground.client.post(maps, { metadata: { generateName: 'gen-' } })
      expect(body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/)
    })

    it('refuses a second object of the name with 409 AlreadyExists', async () => {
      await ground.client.post(maps, config('twice'))
      const answer = await ground.client.post(maps, config('twice'))
      expect(answer.status).toBe(409)
      expect(answer.body).toMatchObject({
        kind: 'Status',
        status: 'Failure',
        reason: 'AlreadyExists',
        message: 'configmaps "twice" already exists',
        details: { name: 'twice', kind: 'configmaps' },
        code: 409,
      })
    })

    it('answers 404 with the names of resource and object', async () => {
      const { status, body } = await ground.client.get(`/apis/apps/v1/namespaces/${namespace}/deployments/none`)
      expect(status).toBe(404)
      expect(body).toMatchObject({
        reason: 'NotFound',
        message: 'deployments.apps "none" not found',
        details: { name: 'none', group: 'apps', kind: 'deployments' },
      })
    })

    it('answers 404 for a namespace that is not there', async () => {
      const { status, body } = await ground.client.post('/api/v1/namespaces/not-there/configmaps', config('x'))
      expect([status, body.message]).toEqual([404, 'namespaces "not-there" not found'])
    })

    it('stores nothing on a dry run', async () => {
      expect((await ground.client.post(`${maps}?dryRun=All`, config('dry'))).status).toBe(201)
      expect((await ground.client.get(`${maps}/dry`)).status).toBe(404)
    })

    it('refuses an update that is based on an older version, and changes nothing', async () => {
      const created = (await ground.client.post(maps, config('locked'))).body
      const next = (await ground.client.put(`${maps}/locked`, { ...created, data: { a: '2' } })).body
      const stale = await ground.client.put(`${maps}/locked`, { ...created, data: { a: '3' } })
      expect(stale.status).toBe(409)
      expect(stale.body).toMatchObject({
        reason: 'Conflict',
        message: expect.stringContaining(
          'the object has been modified; please apply your changes to the latest version and try again',
        ),
      })
      expect((await ground.client.get(`${maps}/locked`)).body).toEqual(next)
    })

    it('keeps the version when an update changes nothing', async () => {
      const created = (await ground.client.post(maps, config('same'))).body
      const { body } = await ground.client.put(`${maps}/same`, created)
      expect(body.metadata.resourceVersion).toBe(created.metadata.resourceVersion)
    })

    it('follows merge, JSON and strategic merge patches', async () => {
      await ground.client.post(maps, config('patched', { a: '1', b: '2' }))
      expect((await ground.client.patch(`${maps}/patched`, { data: { a: null, c: '3' } })).body.data).toEqual({
        b: '2',
        c: '3',
      })
      const operations = [
        { op: 'test', path: '/data/b', value: '2' },
        { op: 'replace', path: '/data/b', value: '9' },
      ]
      expect((await ground.client.patch(`${maps}/patched`, operations, 'json')).body.data).toEqual({ b: '9', c: '3' })
      const failing = await ground.client.patch(
        `${maps}/patched`,
        [{ op: 'test', path: '/data/b', value: 'x' }],
        'json',
      )
      expect(failing.status).toBe(422)
      expect(
        (await ground.client.patch(`${maps}/patched`, { metadata: { labels: { x: 'y' } } }, 'strategic-merge')).body
          .metadata.labels,
      ).toEqual({ x: 'y' })
    })

    it('merges containers by name in a strategic merge patch', async () => {
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments`
      const container = (name: string) => ({ name, image: 'example/none:1' })
      const template = { metadata: { labels: { app: 'sm' } }, spec: { containers: [container('a'), container('b')] } }
      await ground.client.post(path, {
        metadata: { name: 'sm' },
        spec: { replicas: 0, selector: { matchLabels: { app: 'sm' } }, template },
      })
      const change = {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'b', image: 'example/none:2' },
                { name: 'a', $patch: 'delete' },
              ],
            },
          },
        },
      }
      const { body } = await ground.client.patch(`${path}/sm`, change, 'strategic-merge')
      expect(body.spec.template.spec.containers).toMatchObject([{ name: 'b', image: 'example/none:2' }])
      expect(body.metadata.generation).toBe(2)
    })

    it('selects by labels and fields', async () => {
      for (const [name, tier] of [
        ['l1', 'a'],
        ['l2', 'b'],
        ['l3', 'c'],
      ] as const)
        await ground.client.post(maps, config(name, {}, { tier }))
      const names = async (query: string) =>
        (await ground.client.get(`${maps}?${query}`)).body.items.map(
          (item: { metadata: { name: string } }) => item.metadata.name,
        )
      expect(await names('labelSelector=tier%20in%20(a,b)')).toEqual(['l1', 'l2'])
      expect(await names('labelSelector=tier,tier!=a')).toEqual(['l2', 'l3'])
      expect(await names('labelSelector=tier%20notin%20(a),tier')).toEqual(['l2', 'l3'])
      expect(await names('fieldSelector=metadata.name%3Dl2')).toEqual(['l2'])
    })

    it('refuses fields that a kind cannot be selected by, in the words of the kind', async () => {
      const answerOf = async (path: string) => {
        const { status, body } = await ground.client.get(`${path}?fieldSelector=data.a%3D1`)
        return [status, body.message]
      }
      // Kinds with selectable fields of their own say it in one way, those without in another, custom ones as the first.
      const unsupported = [400, 'field label not supported: data.a']
      const unknown = [400, '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"']
      for (const path of ['/api/v1/pods', '/api/v1/services', '/apis/jobset.x-k8s.io/v1alpha2/jobsets'])
        expect([path, await answerOf(path)]).toEqual([path, unsupported])
      for (const path of [maps, '/apis/apps/v1/deployments', '/api/v1/persistentvolumes'])
        expect([path, await answerOf(path)]).toEqual([path, unknown])
      expect(await answerOf('/apis/batch/v1/jobs')).toEqual([400, 'field label "data.a" not supported for Job'])
    })

    it('lists in pages that show one moment', async () => {
      const own = `/api/v1/namespaces/${await ground.namespace()}/configmaps`
      for (const name of ['p1', 'p2', 'p3']) await ground.client.post(own, config(name, {}, { paged: 'yes' }))
      const first = (await ground.client.get(`${own}?labelSelector=paged&limit=2`)).body
      expect(first.items).toHaveLength(2)
      await ground.client.remove(`${own}/p3`)
      const next = (await ground.client.get(`${own}?labelSelector=paged&limit=2&continue=${first.metadata.continue}`))
        .body
      expect(next.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['p3'])
      expect(next.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
      expect(next.metadata.continue ?? '').toBe('')
    })

    it('shows objects as a table', async () => {
      await ground.client.post(maps, config('tabled', { a: '1', b: '2' }))
      const { body } = await ground.client.get(`${maps}/tabled`, {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      })
      expect(body.kind).toBe('Table')
      expect(body.columnDefinitions.map((column: { name: string }) => column.name)).toEqual(['Name', 'Data', 'Age'])
      expect(body.rows[0].cells.slice(0, 2)).toEqual(['tabled', 2])
      expect(body.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'tabled' } })
    })

    it('removes only what the preconditions name', async () => {
      await ground.client.post(maps, config('guarded'))
      const refused = await ground.client.remove(`${maps}/guarded`, {
        preconditions: { uid: '00000000-0000-0000-0000-000000000000' },
      })
      expect([refused.status, refused.body.reason]).toEqual([409, 'Conflict'])
      expect((await ground.client.get(`${maps}/guarded`)).status).toBe(200)
      expect((await ground.client.remove(`${maps}/guarded`)).body.status).toBe('Success')
      expect((await ground.client.get(`${maps}/guarded`)).status).toBe(404)
    })

    it('keeps an object with finalizers until they are gone', async () => {
      await ground.client.post(maps, {
        ...config('held'),
        metadata: { name: 'held', finalizers: ['example.com/hold'] },
      })
      expect((await ground.client.remove(`${maps}/held`)).body.metadata.deletionTimestamp).toBeTruthy()
      expect((await ground.client.get(`${maps}/held`)).status).toBe(200)
      await ground.client.patch(`${maps}/held`, { metadata: { finalizers: null } })
      expect((await ground.client.get(`${maps}/held`)).status).toBe(404)
    })

    it('removes a collection by selector', async () => {
      await ground.client.post(maps, config('c1', {}, { gone: 'yes' }))
      await ground.client.post(maps, config('c2', {}, { gone: 'no' }))
      await ground.client.remove(`${maps}?labelSelector=gone%3Dyes`)
      expect((await ground.client.get(`${maps}/c1`)).status).toBe(404)
      expect((await ground.client.get(`${maps}/c2`)).status).toBe(200)
    })

    it('encodes stringData of a Secret', async () => {
      const { body } = await ground.client.post(`/api/v1/namespaces/${namespace}/secrets`, {
        metadata: { name: 's' },
        stringData: { key: 'value' },
      })
      expect(body).toMatchObject({ type: 'Opaque', data: { key: Buffer.from('value').toString('base64') } })
      expect(body.stringData).toBeUndefined()
    })

    it('lets only /status write status', async () => {
      const budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
      const { body } = await ground.client.post(budgets, {
        metadata: { name: 'b' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'none' } } },
      })
      const main = await ground.client.patch(`${budgets}/b`, { status: { currentHealthy: 77 } })
      expect(main.body.status?.currentHealthy).not.toBe(77)
      const changed = await ground.client.patch(`${budgets}/b/status`, {
        spec: { minAvailable: 5 },
        metadata: { labels: { no: 'no' } },
      })
      expect(changed.body.spec.minAvailable).toBe(1)
      expect(body.metadata.generation).toBe(1)
    })

    it('serves custom resources as soon as their definition is there', async () => {
      const plural = `widgets${Date.now().toString(36)}`
      const schema = {
        openAPIV3Schema: {
          type: 'object',
          properties: { spec: { type: 'object', required: ['size'], properties: { size: { type: 'integer' } } } },
        },
      }
      const names = { plural, singular: plural, kind: `W${plural}`, listKind: `W${plural}List` }
      const spec = {
        group: 'contract.example',
        scope: 'Namespaced',
        names,
        versions: [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }],
      }
      await ground.client.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        metadata: { name: `${plural}.contract.example` },
        spec,
      })
      const path = `/apis/contract.example/v1/namespaces/${namespace}/${plural}`
      await ground.client.until(path, (answer) => answer.status === 200)
      const body = {
        apiVersion: 'contract.example/v1',
        kind: names.kind,
        metadata: { name: 'w' },
        spec: { size: 3, unknown: true },
      }
      expect((await ground.client.post(path, body)).body.spec).toEqual({ size: 3 })
      expect((await ground.client.post(path, { ...body, metadata: { name: 'v' }, spec: {} })).status).toBe(422)
      await ground.client.remove(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.contract.example`)
    })
  })
}
