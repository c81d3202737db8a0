import { describe, expect, it } from 'vitest'
import type { Ground } from './kubernetes-contract.ts'

/** How clients find out what a server serves. */
export function discoveryContract(ground: Ground): void {
  describe('discovery', () => {
    it.each(['/healthz', '/livez', '/readyz'])('%s answers ok without a login', async (path) => {
      const answer = await ground.client.get(path, { token: null })
      expect([answer.status, answer.body]).toEqual([200, 'ok'])
    })

    it('tells its version', async () => {
      const { body } = await ground.client.get('/version')
      expect(body).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\.\d+\./) })
    })

    it('lists the resources of a group version with verbs, short names and subresources', async () => {
      const { body } = await ground.client.get('/apis/apps/v1')
      expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'apps/v1' })
      const named = (name: string) => body.resources.find((each: { name: string }) => each.name === name)
      expect(named('deployments')).toMatchObject({
        kind: 'Deployment',
        namespaced: true,
        singularName: 'deployment',
        shortNames: ['deploy'],
      })
      expect(named('deployments').verbs).toEqual(
        expect.arrayContaining(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']),
      )
      expect(named('deployments/scale')).toMatchObject({ kind: 'Scale', group: 'autoscaling', version: 'v1' })
    })

    it('lists all groups at once for clients that take the aggregated form', async () => {
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
      const answer = await ground.client.get('/apis', { accept })
      expect(answer.headers['content-type']).toContain('as=APIGroupDiscoveryList')
      expect(answer.body.kind).toBe('APIGroupDiscoveryList')
      const apps = answer.body.items.find((item: { metadata: { name: string } }) => item.metadata.name === 'apps')
      expect(apps.versions[0]).toMatchObject({ version: 'v1', freshness: 'Current' })
    })

    it('lists groups in the legacy form for others', async () => {
      const { body } = await ground.client.get('/apis')
      expect(body.kind).toBe('APIGroupList')
      expect(
        body.groups.find((group: { name: string }) => group.name === 'rbac.authorization.k8s.io').preferredVersion
          .version,
      ).toBe('v1')
    })

    it('says in OpenAPI v3 that patches take fieldValidation', async () => {
      const index = await ground.client.get('/openapi/v3')
      // A real server calls its index plain text.
      const { paths } = typeof index.body === 'string' ? JSON.parse(index.body) : index.body
      const { body } = await ground.client.get(paths['apis/apps/v1'].serverRelativeURL)
      const patch = body.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch
      expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' })
    })

    it('answers 404 for a path that is not served, and names no object', async () => {
      const answer = await ground.client.get('/apis/nothing.example/v1/things')
      expect(answer.status).toBe(404)
    })
  })
}
