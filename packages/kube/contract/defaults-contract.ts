import { beforeAll, describe, expect, it } from 'vitest'
import type { Ground } from './kubernetes-contract.ts'

/** What the server fills in, and what it leaves out. */
export function defaultsContract(ground: Ground): void {
  describe('defaults', () => {
    let namespace: string
    beforeAll(async () => {
      namespace = await ground.namespace()
    })
    const spec = {
      containers: [{ name: 'main', image: 'example/none:1' }],
      volumes: [{ name: 'host', hostPath: { path: '/tmp' } }],
    }

    it('fills a pod, and its template otherwise', async () => {
      // Made by hand, because without controllers a namespace has no account for pods.
      await ground.client.post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'filler' } })
      const pod = await ground.client.post(`/api/v1/namespaces/${namespace}/pods`, {
        metadata: { name: 'filled' },
        // Nothing takes it before it is looked at.
        spec: { ...spec, schedulerName: 'nobody', serviceAccountName: 'filler' },
      })
      expect(pod.body.spec).toMatchObject({
        enableServiceLinks: true,
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
      })
      expect(pod.body.spec.volumes[0]).toEqual({ name: 'host', hostPath: { path: '/tmp', type: '' } })
      const deployment = await ground.client.post(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
        metadata: { name: 'filled' },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: 'x' } },
          template: { metadata: { labels: { app: 'x' } }, spec },
        },
      })
      expect(deployment.body.spec.template.spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' })
      expect(deployment.body.spec.template.spec.enableServiceLinks).toBeUndefined()
    })

    it('takes back what only a node port needs, when a Service has none any more', async () => {
      const services = `/api/v1/namespaces/${namespace}/services`
      const made = await ground.client.post(services, {
        metadata: { name: 'inner' },
        spec: { type: 'NodePort', ports: [{ port: 80 }] },
      })
      expect(made.body.spec.externalTrafficPolicy).toBe('Cluster')
      const { body } = await ground.client.patch(`${services}/inner`, { spec: { type: 'ClusterIP' } })
      expect(body.spec.externalTrafficPolicy).toBeUndefined()
      expect(body.spec.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 80 }])
    })

    it('wants to know the kind of a custom resource, which a path alone does not say', async () => {
      const path = `/apis/jobset.x-k8s.io/v1alpha2/namespaces/${namespace}/jobsets`
      const { status, body } = await ground.client.post(path, { metadata: { name: 'bare' } })
      expect([status, body.message]).toEqual([400, expect.stringContaining("Object 'Kind' is missing")])
      expect((await ground.client.get(`${path}/bare`)).status).toBe(404)
    })

    it('removes namespaces one by one only', async () => {
      const { status } = await ground.client.remove('/api/v1/namespaces?labelSelector=nobody%3Dhas-it')
      expect(status).toBe(405)
    })
  })
}
