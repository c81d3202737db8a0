import { beforeAll, describe, expect, it } from 'vitest'
import type { Ground } from './kubernetes-contract.ts'

/** Server-side apply: who owns which field, and what happens when two want the same. */
export function applyContract(ground: Ground): void {
  describe('server-side apply', () => {
    let namespace: string
    let maps: string
    beforeAll(async () => {
      namespace = await ground.namespace()
      maps = `/api/v1/namespaces/${namespace}/configmaps`
    })
    const config = (name: string, data: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data,
    })
    const owners = (body: {
      metadata: { managedFields?: { manager: string; operation: string; fieldsV1: unknown }[] }
    }) =>
      Object.fromEntries(
        (body.metadata.managedFields ?? []).map((each) => [`${each.manager} ${each.operation}`, each.fieldsV1]),
      )

    it('creates with 201, and records the manager with its fields', async () => {
      const answer = await ground.client.apply(`${maps}/made`, config('made', { a: '1' }), 'alpha')
      expect(answer.status).toBe(201)
      expect(owners(answer.body)).toEqual({ 'alpha Apply': { 'f:data': { 'f:a': {} } } })
    })

    it('changes nothing, not even the version, when applied again', async () => {
      const first = await ground.client.apply(`${maps}/still`, config('still', { a: '1' }), 'alpha')
      const again = await ground.client.apply(`${maps}/still`, config('still', { a: '1' }), 'alpha')
      expect([again.status, again.body.metadata.resourceVersion]).toEqual([200, first.body.metadata.resourceVersion])
    })

    it.each([
      ['of the core group', () => [maps, config('versioned', {})] as const],
      [
        'of the groups for rights',
        () => {
          const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles`
          const role = {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'Role',
            metadata: { name: 'versioned', namespace },
          }
          return [roles, { ...role, rules: [] }] as const
        },
      ],
    ])('creates where a version is named that no object has, and conflicts with an object that is there: %s', async (_which, make) => {
      const [path, object] = make()
      const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } }
      const first = await ground.client.apply(`${path}/versioned`, versioned, 'alpha', true)
      expect(first.status).toBe(201)
      const again = await ground.client.apply(`${path}/versioned`, versioned, 'alpha', true)
      expect([again.status, again.body.reason, again.body.details.causes]).toEqual([409, 'Conflict', undefined])
      expect((await ground.client.get(`${path}/versioned`)).body).toEqual(first.body)
      const plain = await ground.client.apply(`${path}/versioned`, object, 'alpha')
      expect(plain.body).toEqual(first.body)
    })

    it('needs a manager', async () => {
      const answer = await ground.client.call('PATCH', `${maps}/nobody`, {
        body: config('nobody', {}),
        type: 'application/apply-patch+yaml',
      })
      expect([answer.status, answer.body.message]).toEqual([
        422,
        expect.stringContaining('fieldManager: Required value: is required for apply patch'),
      ])
    })

    it('takes YAML', async () => {
      const text = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "1"\n`
      const answer = await ground.client.call('PATCH', `${maps}/yaml?fieldManager=alpha`, {
        body: text,
        type: 'application/apply-patch+yaml',
      })
      expect([answer.status, answer.body.data]).toEqual([201, { a: '1' }])
    })

    it('removes fields that its manager no longer applies, and leaves those of others', async () => {
      await ground.client.apply(`${maps}/shrink`, config('shrink', { a: '1', b: '2' }), 'alpha')
      await ground.client.apply(`${maps}/shrink`, config('shrink', { c: '3' }), 'beta')
      const { body } = await ground.client.apply(`${maps}/shrink`, config('shrink', { a: '1' }), 'alpha')
      expect(body.data).toEqual({ a: '1', c: '3' })
    })

    it('refuses to change a field of another manager, naming both, and changes nothing', async () => {
      const before = await ground.client.apply(`${maps}/fought`, config('fought', { a: '1' }), 'alpha')
      const answer = await ground.client.apply(`${maps}/fought`, config('fought', { a: '2' }), 'beta')
      expect(answer.status).toBe(409)
      expect(answer.body).toMatchObject({
        reason: 'Conflict',
        message: 'Apply failed with 1 conflict: conflict with "alpha": .data.a',
        details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "alpha"', field: '.data.a' }] },
      })
      expect((await ground.client.get(`${maps}/fought`)).body).toEqual(before.body)
    })

    it('takes the field over with force', async () => {
      await ground.client.apply(`${maps}/taken`, config('taken', { a: '1', b: '1' }), 'alpha')
      const { status, body } = await ground.client.apply(`${maps}/taken`, config('taken', { a: '2' }), 'beta', true)
      expect([status, body.data]).toEqual([200, { a: '2', b: '1' }])
      expect(owners(body)).toEqual({
        'alpha Apply': { 'f:data': { 'f:b': {} } },
        'beta Apply': { 'f:data': { 'f:a': {} } },
      })
    })

    it('shares a field between managers that want the same value, until the last one lets go', async () => {
      await ground.client.apply(`${maps}/shared`, config('shared', { a: '1' }), 'alpha')
      expect((await ground.client.apply(`${maps}/shared`, config('shared', { a: '1' }), 'beta')).status).toBe(200)
      expect((await ground.client.apply(`${maps}/shared`, config('shared', {}), 'alpha')).body.data).toEqual({ a: '1' })
    })

    it('gives a field that was patched to who patched it, and conflicts by version afterwards', async () => {
      await ground.client.apply(`${maps}/patched`, config('patched', { a: '1' }), 'alpha')
      await ground.client.call('PATCH', `${maps}/patched?fieldManager=hand`, {
        body: { data: { a: '2' } },
        type: 'application/merge-patch+json',
      })
      const answer = await ground.client.apply(`${maps}/patched`, config('patched', { a: '1' }), 'alpha')
      expect(answer.body.message).toBe('Apply failed with 1 conflict: conflict with "hand" using v1: .data.a')
    })

    it('lists several conflicts under their managers', async () => {
      await ground.client.apply(`${maps}/many`, config('many', { a: '1', b: '1' }), 'alpha')
      const answer = await ground.client.apply(`${maps}/many`, config('many', { a: '2', b: '2' }), 'beta')
      expect(answer.body.message).toBe('Apply failed with 2 conflicts: conflicts with "alpha":\n- .data.a\n- .data.b')
    })

    it('owns list items by their keys', async () => {
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/keyed`
      const deployment = (containers: unknown[]) => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'keyed', namespace },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: 'keyed' } },
          template: { metadata: { labels: { app: 'keyed' } }, spec: { containers } },
        },
      })
      await ground.client.apply(
        path,
        deployment([{ name: 'a', image: 'example/none:1', env: [{ name: 'X', value: '1' }] }]),
        'alpha',
      )
      const sidecar = { spec: { template: { spec: { containers: [{ name: 'side', image: 'example/none:1' }] } } } }
      const both = await ground.client.apply(
        path,
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'keyed' }, ...sidecar },
        'beta',
      )
      expect(both.body.spec.template.spec.containers.map((each: { name: string }) => each.name).sort()).toEqual([
        'a',
        'side',
      ])
      const fought = await ground.client.apply(path, deployment([{ name: 'side', image: 'example/none:2' }]), 'gamma')
      expect(fought.body.details.causes[0].field).toBe('.spec.template.spec.containers[name="side"].image')
      const left = await ground.client.apply(path, deployment([{ name: 'a', image: 'example/none:1' }]), 'alpha')
      const kept = left.body.spec.template.spec.containers
      expect(kept.find((each: { name: string }) => each.name === 'a').env).toBeUndefined()
      expect(kept).toHaveLength(2)
    })

    it('does not conflict over fields that the server filled in', async () => {
      const service = (extra: object) => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'defaults', namespace },
        spec: { selector: { app: 'x' }, ports: [{ port: 80, ...extra }] },
      })
      const path = `/api/v1/namespaces/${namespace}/services/defaults`
      expect((await ground.client.apply(path, service({}), 'alpha')).status).toBe(201)
      expect((await ground.client.apply(path, service({ targetPort: 8080 }), 'beta')).status).toBe(200)
    })

    it('refuses fields that the kind does not have', async () => {
      const answer = await ground.client.apply(`${maps}/odd`, { ...config('odd', {}), spec: { a: 1 } }, 'alpha')
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.body.message).toContain('field not declared in schema')
      expect((await ground.client.get(`${maps}/odd`)).status).toBe(404)
    })
  })
}
