import { beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from './client.ts'
import type { Ground } from './kubernetes-contract.ts'

interface Pod {
  metadata: { name: string; labels: Record<string, string>; deletionTimestamp?: string }
  status: { phase: string }
}

/** What JobSet's controller and webhooks do: failover restarts, suspends and watches these. */
export function jobSetContract(ground: Ground, hasControllers: () => boolean): void {
  describe('JobSets', () => {
    let namespace: string
    beforeAll(async () => {
      namespace = await ground.namespace()
    })
    const sets = (): string => `/apis/jobset.x-k8s.io/v1alpha2/namespaces/${namespace}/jobsets`
    const pods = (name: string): string =>
      `/api/v1/namespaces/${namespace}/pods?labelSelector=jobset.sigs.k8s.io%2Fjobset-name%3D${name}`
    const job = (name: string, pods: number, backoffLimit = 0) => ({
      name,
      replicas: 1,
      template: {
        spec: {
          parallelism: pods,
          completions: pods,
          backoffLimit,
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example/none:1' }] } },
        },
      },
    })
    const jobSet = (name: string) => ({
      apiVersion: 'jobset.x-k8s.io/v1alpha2',
      kind: 'JobSet',
      metadata: { name },
      spec: { failurePolicy: { maxRestarts: 2 }, replicatedJobs: [job('leader', 1), job('worker', 2)] },
    })
    const living = (answer: Answer): Pod[] =>
      (answer.body.items as Pod[]).filter((pod) => !pod.metadata.deletionTimestamp)
    const running =
      (attempt = '0') =>
      (answer: Answer): boolean =>
        living(answer).length === 3 &&
        living(answer).every(
          ({ metadata, status }) =>
            status.phase === 'Running' && metadata.labels['jobset.sigs.k8s.io/restart-attempt'] === attempt,
        )
    const end = (pod: Pod, phase: string): Promise<Answer> =>
      ground.client.patch(`/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/status`, { status: { phase } })

    it('are filled by their webhook', async ({ skip }) => {
      if (!hasControllers()) skip()
      const { body, status } = await ground.client.post(sets(), jobSet('filled'))
      expect(status).toBe(201)
      expect(body.spec).toMatchObject({
        network: { enableDNSHostnames: true },
        successPolicy: { operator: 'All' },
        startupPolicy: { startupPolicyOrder: 'AnyOrder' },
      })
      expect(body.spec.replicatedJobs[0].template.spec.completionMode).toBe('Indexed')
    })

    it('bring their pods to run, named after set, job and index, and count them', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(sets(), jobSet('runs'))
      const { body } = await ground.client.until(pods('runs'), running())
      const names = (body.items as Pod[]).map(({ metadata }) => metadata.name.replace(/-[a-z0-9]{5}$/, ''))
      expect(names.sort()).toEqual(['runs-leader-0-0', 'runs-worker-0-0', 'runs-worker-0-1'])
      await ground.client.until(`${sets()}/runs`, (answer) =>
        (answer.body.status?.replicatedJobsStatus ?? []).every((each: { ready: number }) => each.ready === 1),
      )
    })

    it('start all pods again when one has failed, and count the restart', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(sets(), jobSet('again'))
      const { body } = await ground.client.until(pods('again'), running())
      await end(body.items[0], 'Failed')
      await ground.client.until(`${sets()}/again`, (answer) => answer.body.status?.restarts === 1)
      await ground.client.until(pods('again'), running('1'))
    })

    const evict = (pod: Pod): Promise<Answer> =>
      ground.client.post(`/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod.metadata.name, namespace },
      })

    it('start all pods again when one is evicted, and count the restart', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(sets(), jobSet('moved'))
      const { body } = await ground.client.until(pods('moved'), running())
      expect((await evict(body.items[0])).status).toBe(201)
      await ground.client.until(`${sets()}/moved`, (answer) => answer.body.status?.restarts === 1)
      await ground.client.until(pods('moved'), running('1'))
    })

    it('only get another pod for one that is evicted where their Jobs may fail more often', async ({ skip }) => {
      if (!hasControllers()) skip()
      const patient = jobSet('patient')
      patient.spec.replicatedJobs = [job('leader', 3, 6)]
      await ground.client.post(sets(), patient)
      const { body } = await ground.client.until(pods('patient'), running())
      const [evicted] = body.items as Pod[]
      expect((await evict(evicted as Pod)).status).toBe(201)
      await ground.client.until(
        pods('patient'),
        (answer) =>
          running()(answer) && living(answer).every(({ metadata }) => metadata.name !== evicted?.metadata.name),
      )
      expect((await ground.client.get(`${sets()}/patient`)).body.status.restarts).toBe(0)
    })

    it('lose their pods while they are suspended, and get them back', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(sets(), jobSet('paused'))
      await ground.client.until(pods('paused'), running())
      await ground.client.patch(`${sets()}/paused`, { spec: { suspend: true } })
      await ground.client.until(pods('paused'), (answer) => answer.body.items.length === 0)
      await ground.client.until(`${sets()}/paused`, (answer) =>
        (answer.body.status?.conditions ?? []).some(
          ({ type, status }: { type: string; status: string }) => type === 'Suspended' && status === 'True',
        ),
      )
      await ground.client.patch(`${sets()}/paused`, { spec: { suspend: false } })
      await ground.client.until(pods('paused'), running())
    })

    it('are complete when all pods have succeeded, and failed when no restart is left', async ({ skip }) => {
      if (!hasControllers()) skip()
      const once = jobSet('lost')
      once.spec.failurePolicy.maxRestarts = 0
      await ground.client.post(sets(), jobSet('done'))
      await ground.client.post(sets(), once)
      const done = await ground.client.until(pods('done'), running())
      for (const pod of done.body.items) await end(pod, 'Succeeded')
      const lost = await ground.client.until(pods('lost'), running())
      await end(lost.body.items[0], 'Failed')
      await ground.client.until(`${sets()}/done`, (answer) => answer.body.status?.terminalState === 'Completed')
      await ground.client.until(`${sets()}/lost`, (answer) => answer.body.status?.terminalState === 'Failed')
    })

    it('are gone after their pods when removed in the foreground', async ({ skip }) => {
      if (!hasControllers()) skip()
      await ground.client.post(sets(), jobSet('removed'))
      await ground.client.until(pods('removed'), running())
      await ground.client.remove(`${sets()}/removed`, { propagationPolicy: 'Foreground' })
      await ground.client.until(`${sets()}/removed`, (answer) => answer.status === 404)
      expect((await ground.client.get(pods('removed'))).body.items).toEqual([])
    })
  })
}
