import { beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from './client.ts'
import type { Ground } from './kubernetes-contract.ts'

/** What controllers, scheduler and nodes bring about. */
export function workloadsContract(ground: Ground, hasControllers: () => boolean): void {
  describe('workloads', () => {
    let namespace: string
    beforeAll(async () => {
      namespace = await ground.namespace()
    })
    const apps = (plural: string) => `/apis/apps/v1/namespaces/${namespace}/${plural}`
    const template = (app: string, container: object = {}) => ({
      metadata: { labels: { app } },
      spec: { containers: [{ name: 'main', image: 'example/none:1', ...container }] },
    })
    const workload = (name: string, extra: object = {}) => ({
      metadata: { name },
      spec: { selector: { matchLabels: { app: name } }, template: template(name), ...extra },
    })
    const pods = (app: string) => `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${app}`
    const running = (count: number) => (answer: Answer) => {
      const items = answer.body.items.filter(
        (pod: { metadata: { deletionTimestamp?: string } }) => !pod.metadata.deletionTimestamp,
      )
      return (
        items.length === count && items.every((pod: { status: { phase: string } }) => pod.status.phase === 'Running')
      )
    }

    it('brings a Deployment to its count and reports it', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(apps('deployments'), workload('web', { replicas: 3 }))
      const { body } = await ground.client.until(
        `${apps('deployments')}/web`,
        (answer) => answer.body.status?.readyReplicas === 3,
      )
      await ground.client.until(`${apps('deployments')}/web`, (answer) =>
        answer.body.status.conditions.some(
          (each: { type: string; reason: string }) => each.reason === 'NewReplicaSetAvailable',
        ),
      )
      expect(body.status.observedGeneration).toBe(body.metadata.generation)
      expect(body.status.unavailableReplicas).toBeUndefined()
      expect(body.status.conditions.every((each: { lastUpdateTime?: string }) => each.lastUpdateTime)).toBe(true)
      const { body: list } = await ground.client.get(pods('web'))
      expect(list.items[0].spec.nodeName).toBeTruthy()
      expect(list.items[0].metadata.ownerReferences[0]).toMatchObject({ kind: 'ReplicaSet', controller: true })
    })

    it('replaces all pods when the template changes', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(apps('deployments'), workload('roll', { replicas: 2 }))
      await ground.client.until(`${apps('deployments')}/roll`, (answer) => answer.body.status?.readyReplicas === 2)
      const image = { spec: { template: { spec: { containers: [{ name: 'main', image: 'example/none:2' }] } } } }
      await ground.client.patch(`${apps('deployments')}/roll`, image, 'strategic-merge')
      const { body } = await ground.client.until(
        pods('roll'),
        (answer) =>
          running(2)(answer) &&
          answer.body.items.every(
            (pod: { spec: { containers: { image: string }[] } }) => pod.spec.containers[0]?.image === 'example/none:2',
          ),
      )
      expect(body.items).toHaveLength(2)
    })

    it('replaces a pod that is removed', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(apps('deployments'), workload('heal', { replicas: 1 }))
      const before = (await ground.client.until(pods('heal'), running(1))).body.items[0]
      await ground.client.remove(`/api/v1/namespaces/${namespace}/pods/${before.metadata.name}`, {
        gracePeriodSeconds: 0,
      })
      const after = await ground.client.until(
        pods('heal'),
        (answer) => running(1)(answer) && answer.body.items[0].metadata.uid !== before.metadata.uid,
      )
      expect(after.body.items[0].metadata.name).not.toBe(before.metadata.name)
    })

    it('runs a DaemonSet on every node', async ({ skip }) => {
      if (!hasControllers()) skip()
      const nodes = (await ground.client.get('/api/v1/nodes')).body.items.length
      await ground.client.post(apps('daemonsets'), workload('agent'))
      const { body } = await ground.client.until(
        `${apps('daemonsets')}/agent`,
        (answer) => answer.body.status?.numberReady === nodes,
      )
      expect(body.status.desiredNumberScheduled).toBe(nodes)
    })

    it('starts a StatefulSet in order, with a bound claim for each pod', async ({ skip }) => {
      if (!hasControllers()) skip()
      const claim = {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      }
      const set = workload('store', {
        serviceName: 'store',
        replicas: 2,
        template: template('store', { volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
        volumeClaimTemplates: [claim],
      })
      await ground.client.post(apps('statefulsets'), set)
      const { body } = await ground.client.until(pods('store'), running(2))
      expect(body.items.map((pod: { metadata: { name: string } }) => pod.metadata.name)).toEqual(['store-0', 'store-1'])
      const claims = await ground.client.get(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`)
      expect(claims.body.items.map((each: { status: { phase: string } }) => each.status.phase)).toEqual([
        'Bound',
        'Bound',
      ])
    })

    it('ends a Job when its pods have succeeded', async ({ skip }) => {
      if (!hasControllers()) skip()
      const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
      const spec = {
        completions: 2,
        parallelism: 2,
        template: {
          metadata: { labels: { app: 'job' } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example/none:1' }] },
        },
      }
      await ground.client.post(jobs, { metadata: { name: 'job' }, spec })
      const { body } = await ground.client.until(pods('job'), running(2))
      for (const pod of body.items)
        await ground.client.patch(`/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/status`, {
          status: { phase: 'Succeeded' },
        })
      const done = await ground.client.until(
        `${jobs}/job`,
        (answer) => answer.body.status?.succeeded === 2 && answer.body.status.completionTime,
      )
      expect(done.body.status.conditions).toEqual(
        expect.arrayContaining([expect.objectContaining({ type: 'Complete', status: 'True' })]),
      )
    })

    it('leaves a pod pending, with the reason, when no node has room', async ({ skip }) => {
      if (!hasControllers()) skip()
      const path = `/api/v1/namespaces/${namespace}/pods`
      const container = { name: 'main', image: 'example/none:1', resources: { limits: { 'nvidia.com/gpu': '999' } } }
      await ground.client.post(path, { metadata: { name: 'huge' }, spec: { containers: [container] } })
      const { body } = await ground.client.until(`${path}/huge`, (answer) => answer.body.status?.conditions?.length > 0)
      const condition = body.status.conditions.find((each: { type: string }) => each.type === 'PodScheduled')
      expect(condition).toMatchObject({
        status: 'False',
        reason: 'Unschedulable',
        message: expect.stringContaining('Insufficient nvidia.com/gpu'),
      })
    })

    it('publishes the addresses of ready pods behind a Service', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(apps('deployments'), workload('served', { replicas: 2 }))
      await ground.client.post(`/api/v1/namespaces/${namespace}/services`, {
        metadata: { name: 'served' },
        spec: { selector: { app: 'served' }, ports: [{ port: 80, targetPort: 8080 }] },
      })
      const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io/service-name%3Dserved`
      const { body } = await ground.client.until(
        path,
        (answer) =>
          answer.body.items[0]?.endpoints?.filter((each: { conditions: { ready: boolean } }) => each.conditions.ready)
            .length === 2,
      )
      expect(body.items[0].ports[0].port).toBe(8080)
    })

    it('refuses an eviction that a budget forbids with 429, and allows it once the budget does', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(apps('deployments'), workload('kept', { replicas: 2 }))
      const { body } = await ground.client.until(pods('kept'), running(2))
      const budget = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`
      await ground.client.post(budget, {
        metadata: { name: 'kept' },
        spec: { minAvailable: 2, selector: { matchLabels: { app: 'kept' } } },
      })
      await ground.client.until(`${budget}/kept`, (answer) => answer.body.status?.currentHealthy === 2)
      const name = body.items[0].metadata.name
      const evict = () =>
        ground.client.post(`/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name, namespace },
        })
      const refused = await evict()
      expect(refused.status).toBe(429)
      expect(refused.body).toMatchObject({
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
      })
      await ground.client.patch(`${budget}/kept`, { spec: { minAvailable: 1 } })
      await ground.client.until(`${budget}/kept`, (answer) => answer.body.status?.disruptionsAllowed === 1)
      expect((await evict()).status).toBe(201)
    })

    it('removes what an object owned after it, and before it when asked to', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(apps('deployments'), workload('owner', { replicas: 1 }))
      await ground.client.until(pods('owner'), running(1))
      await ground.client.remove(`${apps('deployments')}/owner`, { propagationPolicy: 'Foreground' })
      await ground.client.until(`${apps('deployments')}/owner`, (answer) => answer.status === 404)
      const sets = await ground.client.get(`${apps('replicasets')}?labelSelector=app%3Downer`)
      expect(sets.body.items).toEqual([])
    })

    it('empties a namespace before it goes, and takes nothing new meanwhile', async ({ skip }) => {
      if (!hasControllers()) skip()
      const doomed = await ground.namespace()
      const maps = `/api/v1/namespaces/${doomed}/configmaps`
      await ground.client.post(maps, { metadata: { name: 'held', finalizers: ['example.com/hold'] } })
      await ground.client.remove(`/api/v1/namespaces/${doomed}`)
      const going = await ground.client.get(`/api/v1/namespaces/${doomed}`)
      expect(going.body.status.phase).toBe('Terminating')
      const late = await ground.client.post(maps, { metadata: { name: 'late' } })
      expect([late.status, late.body.message]).toEqual([403, expect.stringContaining('because it is being terminated')])
      await ground.client.until(`${maps}/held`, (answer) => Boolean(answer.body.metadata.deletionTimestamp))
      await ground.client.patch(`${maps}/held`, { metadata: { finalizers: null } })
      await ground.client.until(`/api/v1/namespaces/${doomed}`, (answer) => answer.status === 404)
    })
  })
}
