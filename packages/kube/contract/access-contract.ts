import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ground } from './kubernetes-contract.ts'

/** A real server learns of accounts and bindings by watches of its own, and of removed ones by a cache: a moment later. */
const soon = <T>(ask: () => Promise<T>) => expect.poll(ask, { timeout: 15_000, interval: 20 })

const rbac = '/apis/rbac.authorization.k8s.io/v1'

/** Who may do what: tokens and RBAC. */
export function accessContract(ground: Ground): void {
  describe('access', () => {
    let namespace: string
    let token: string
    let user: string
    beforeAll(async () => {
      namespace = await ground.namespace()
      user = `system:serviceaccount:${namespace}:runner`
      await ground.client.post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'runner' } })
      const asked = await ground.client.post(`/api/v1/namespaces/${namespace}/serviceaccounts/runner/token`, {
        spec: { expirationSeconds: 600 },
      })
      token = asked.body.status.token
      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }]
      await ground.client.post(`${rbac}/namespaces/${namespace}/roles`, { metadata: { name: 'reader' }, rules })
      await ground.client.post(`${rbac}/namespaces/${namespace}/rolebindings`, {
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'runner', namespace }],
      })
    })

    it('answers 401 to a token that is not good', async () => {
      const { status, body } = await ground.client.get('/api/v1/nodes', { token: 'wrong' })
      expect(status).toBe(401)
      expect(body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 })
    })

    it('knows the ServiceAccount of a token', async () => {
      const review = await ground.client.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { token })
      expect(review.body.status.userInfo.username).toBe(user)
      expect(review.body.status.userInfo.groups).toEqual(
        expect.arrayContaining(['system:serviceaccounts', `system:serviceaccounts:${namespace}`]),
      )
    })

    it('lets an account do what its role says, and no more, in the known words', async () => {
      const path = `/api/v1/namespaces/${namespace}/configmaps`
      await soon(async () => (await ground.client.get(path, { token })).status).toBe(200)
      const refused = await ground.client.post(path, { metadata: { name: 'x' } }, { token })
      expect(refused.status).toBe(403)
      expect(refused.body).toMatchObject({
        reason: 'Forbidden',
        message: `configmaps is forbidden: User "${user}" cannot create resource "configmaps" in API group "" in the namespace "${namespace}"`,
      })
      const nodes = await ground.client.get('/api/v1/nodes', { token })
      expect(nodes.body.message).toBe(
        `nodes is forbidden: User "${user}" cannot list resource "nodes" in API group "" at the cluster scope`,
      )
      const named = await ground.client.get(`/api/v1/namespaces/${namespace}/secrets/s`, { token })
      expect(named.body.message).toBe(
        `secrets "s" is forbidden: User "${user}" cannot get resource "secrets" in API group "" in the namespace "${namespace}"`,
      )
    })

    it('answers questions about access', async () => {
      const ask = async (verb: string) => {
        const spec = { resourceAttributes: { namespace, verb, resource: 'configmaps' } }
        return (await ground.client.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec }, { token }))
          .body.status.allowed
      }
      expect([await ask('get'), await ask('delete')]).toEqual([true, false])
      const spec = { user, resourceAttributes: { namespace, verb: 'list', resource: 'configmaps' } }
      expect(
        (await ground.client.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec })).body.status.allowed,
      ).toBe(true)
      const review = await ground.client.post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } })
      expect(review.body.status).toMatchObject({ authenticated: true, user: { username: user } })
    })

    it('lets nobody hand out rights that they do not have', async () => {
      const rules = [
        { apiGroups: [rbac.split('/')[2]], resources: ['roles', 'rolebindings'], verbs: ['create', 'patch', 'get'] },
      ]
      await ground.client.post(`${rbac}/namespaces/${namespace}/roles`, { metadata: { name: 'maker' }, rules })
      await ground.client.post(`${rbac}/namespaces/${namespace}/rolebindings`, {
        metadata: { name: 'maker' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'maker' },
        subjects: [{ kind: 'ServiceAccount', name: 'runner', namespace }],
      })
      const role = { metadata: { name: 'more' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] }
      await soon(async () => {
        const { status, body } = await ground.client.post(`${rbac}/namespaces/${namespace}/roles`, role, { token })
        return [status, body.message]
      }).toEqual([403, expect.stringContaining('is attempting to grant RBAC permissions not currently held')])
      const grown = [{ op: 'add', path: '/rules/-', value: role.rules[0] }]
      const own = `${rbac}/namespaces/${namespace}/roles/maker`
      const patched = await ground.client.call('PATCH', own, {
        body: grown,
        type: 'application/json-patch+json',
        token,
      })
      expect(patched.status).toBe(403)
      expect((await ground.client.get(own)).body.rules).toHaveLength(1)
      const bound = {
        metadata: { name: 'admin' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'runner', namespace }],
      }
      const bindings = `${rbac}/namespaces/${namespace}/rolebindings`
      expect((await ground.client.post(bindings, bound, { token })).status).toBe(403)
      expect((await ground.client.get(`${bindings}/admin`)).status).toBe(404)
    })

    it('does not take the token of an account that is gone', async () => {
      await ground.client.post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'brief' } })
      const asked = await ground.client.post(`/api/v1/namespaces/${namespace}/serviceaccounts/brief/token`, {
        spec: {},
      })
      await ground.client.remove(`/api/v1/namespaces/${namespace}/serviceaccounts/brief`)
      await soon(async () => (await ground.client.get('/api', { token: asked.body.status.token })).status).toBe(401)
    })

    describe('bootstrap tokens', () => {
      const secrets = '/api/v1/namespaces/kube-system/secrets'
      const data = (id: string) => ({
        'token-id': id,
        'token-secret': '0123456789abcdef',
        expiration: new Date(Date.now() + 3_600_000).toISOString(),
        'usage-bootstrap-authentication': 'true',
        'auth-extra-groups': 'system:bootstrappers:contract',
      })
      const make = (id: string, changes: Record<string, string> = {}, type = 'bootstrap.kubernetes.io/token') =>
        ground.client.post(secrets, {
          metadata: { name: `bootstrap-token-${id}` },
          type,
          stringData: { ...data(id), ...changes },
        })
      const review = (token: string) =>
        ground.client.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { token })
      const bad = [
        { why: 'is expired', id: 'bad001', changes: { expiration: new Date(Date.now() - 60_000).toISOString() } },
        { why: 'has an expiration that is no date', id: 'bad002', changes: { expiration: 'tomorrow' } },
        { why: 'may not authenticate', id: 'bad003', changes: { 'usage-bootstrap-authentication': 'false' } },
        { why: 'has another secret', id: 'bad004', changes: { 'token-secret': 'fedcba9876543210' } },
        { why: 'is stored under another id', id: 'bad005', changes: { 'token-id': 'bad000' } },
        { why: 'gives a foreign group', id: 'bad006', changes: { 'auth-extra-groups': 'system:masters' } },
        { why: 'is a Secret of another type', id: 'bad007', changes: {}, type: 'Opaque' },
      ]
      const all = [...bad.map(({ id }) => id), 'good01']

      // The good one is made last: a server that takes it has seen the others too.
      const untilKnown = () => soon(async () => (await review('good01.0123456789abcdef')).status).toBe(201)
      beforeAll(async () => {
        for (const id of all) await ground.client.remove(`${secrets}/bootstrap-token-${id}`)
        for (const { id, changes, type } of bad) expect((await make(id, changes, type)).status).toBe(201)
        expect((await make('good01')).status).toBe(201)
      })
      afterAll(async () => {
        for (const id of all) await ground.client.remove(`${secrets}/bootstrap-token-${id}`)
      })

      it('knows the machine that joins, and its groups', async () => {
        await untilKnown()
        const { body } = await review('good01.0123456789abcdef')
        expect(body.status.userInfo.username).toBe('system:bootstrap:good01')
        expect(body.status.userInfo.groups.toSorted()).toEqual([
          'system:authenticated',
          'system:bootstrappers',
          'system:bootstrappers:contract',
        ])
      })

      it.each(bad)('answers 401 to one that $why', async ({ id }) => {
        await untilKnown()
        expect((await review(`${id}.0123456789abcdef`)).status).toBe(401)
      })

      it('does not take one that is removed', async () => {
        await untilKnown()
        await ground.client.remove(`${secrets}/bootstrap-token-good01`)
        await soon(async () => (await review('good01.0123456789abcdef')).status).toBe(401)
      })
    })
  })
}
