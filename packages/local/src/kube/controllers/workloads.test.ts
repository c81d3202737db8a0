import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../clock.ts'
import { deploymentBody, startTestCluster, type TestCluster } from '../test-cluster.ts'

const pods = '/api/v1/namespaces/default/pods'
const jobs = '/apis/batch/v1/namespaces/default/jobs'
const jobSets = '/apis/jobset.x-k8s.io/v1alpha2/namespaces/default/jobsets'
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example/none:1' }] } }

interface PodLike {
  metadata: { name: string; labels: Record<string, string>; deletionTimestamp?: string }
  status: { phase: string }
}

describe('workload controllers', () => {
  let test: TestCluster
  let clock: ReturnType<typeof manualClock>
  beforeEach(async () => {
    clock = manualClock()
    test = await startTestCluster({ clock })
  })
  afterEach(() => test.stop())

  const running = (count: number, query = '') =>
    test.client.until(
      `${pods}${query}`,
      (answer) => answer.body.items.filter((pod: PodLike) => pod.status.phase === 'Running').length === count,
    )
  const endPod = (name: string, phase: 'Failed' | 'Succeeded') =>
    test.client.patch(`${pods}/${name}/status`, { status: { phase } })

  it('a Deployment whose pods do not come says so after its deadline', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments'
    const body = deploymentBody('late', { resources: { limits: { 'nvidia.com/gpu': '99' } } })
    await test.client.post(path, { ...body, spec: { ...body.spec, progressDeadlineSeconds: 60 } })
    await test.client.until(`${path}/late`, (answer) =>
      answer.body.status?.conditions?.some((each: { reason: string }) => each.reason === 'ReplicaSetUpdated'),
    )
    await clock.advance(61_000)
    await test.client.until(`${path}/late`, (answer) =>
      answer.body.status.conditions.some((each: { reason: string }) => each.reason === 'ProgressDeadlineExceeded'),
    )
  })

  it('a Recreate Deployment has no pods of two templates at once', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments'
    const body = deploymentBody('swap')
    await test.client.post(path, { ...body, spec: { ...body.spec, replicas: 2, strategy: { type: 'Recreate' } } })
    await running(2)
    const { body: list } = await test.client.get(pods)
    const watch = test.client.watch(`${pods}?watch=true&resourceVersion=${list.metadata.resourceVersion}`)
    await test.client.patch(
      `${path}/swap`,
      { spec: { template: { spec: { containers: [{ name: 'main', image: 'example/none:2' }] } } } },
      'strategic-merge',
    )
    await test.client.until(
      `${path}/swap`,
      (answer) =>
        answer.body.status.readyReplicas === 2 &&
        answer.body.status.updatedReplicas === 2 &&
        answer.body.status.observedGeneration === 2,
    )
    await watch.find((event) => event.type === 'ADDED')
    watch.close()
    const firstAdded = watch.events.findIndex((event) => event.type === 'ADDED')
    expect(watch.events.slice(0, firstAdded).filter((event) => event.type === 'DELETED')).toHaveLength(2)
  })

  it('an Indexed Job gives each pod its number, and runs a failed one again', async () => {
    await test.client.post(jobs, {
      metadata: { name: 'job' },
      spec: { completions: 2, parallelism: 2, completionMode: 'Indexed', template },
    })
    const { body } = await running(2)
    const index = (pod: PodLike) => pod.metadata.labels['batch.kubernetes.io/job-completion-index']
    expect(body.items.map(index).sort()).toEqual(['0', '1'])
    const failed = body.items.find((pod: PodLike) => index(pod) === '1')
    await endPod(failed.metadata.name, 'Failed')
    const again = await running(2)
    for (const pod of again.body.items as PodLike[])
      if (pod.status.phase === 'Running') await endPod(pod.metadata.name, 'Succeeded')
    const done = await test.client.until(`${jobs}/job`, (answer) => answer.body.status.completionTime)
    expect(done.body.status).toMatchObject({ succeeded: 2, failed: 1, completedIndexes: '0-1' })
  })

  it('a Job fails once too many pods have, and goes after its time', async () => {
    await test.client.post(jobs, {
      metadata: { name: 'job' },
      spec: { backoffLimit: 0, ttlSecondsAfterFinished: 30, template },
    })
    const { body } = await running(1)
    await endPod(body.items[0].metadata.name, 'Failed')
    const failed = await test.client.until(`${jobs}/job`, (answer) =>
      answer.body.status.conditions?.some((each: { type: string }) => each.type === 'Failed'),
    )
    expect(failed.body.status.conditions).toEqual(
      expect.arrayContaining([expect.objectContaining({ reason: 'BackoffLimitExceeded' })]),
    )
    await test.cluster.settled()
    await clock.advance(31_000)
    await test.client.until(`${jobs}/job`, (answer) => answer.status === 404)
    await test.client.until(pods, (answer) => answer.body.items.length === 0)
  })

  it('a suspended Job has no pods until it is resumed', async () => {
    await test.client.post(jobs, { metadata: { name: 'job' }, spec: { suspend: true, template } })
    await test.client.until(`${jobs}/job`, (answer) => answer.body.status?.conditions?.[0]?.type === 'Suspended')
    expect((await test.client.get(pods)).body.items).toEqual([])
    await test.client.patch(`${jobs}/job`, { spec: { suspend: false } })
    await running(1)
  })

  describe('a JobSet', () => {
    const replicated = (name: string, count: number) => ({
      name,
      replicas: 1,
      template: { spec: { parallelism: count, completions: count, backoffLimit: 0, template } },
    })
    const create = (maxRestarts: number) =>
      test.client.post(jobSets, {
        apiVersion: 'jobset.x-k8s.io/v1alpha2',
        kind: 'JobSet',
        metadata: { name: 'block' },
        spec: { failurePolicy: { maxRestarts }, replicatedJobs: [replicated('leader', 1), replicated('worker', 2)] },
      })

    it('is filled in as its webhook does, and runs all its Jobs', async () => {
      const { body } = await create(1)
      expect(body.spec).toMatchObject({
        network: { enableDNSHostnames: true, subdomain: 'block' },
        successPolicy: { operator: 'All' },
        startupPolicy: { startupPolicyOrder: 'AnyOrder' },
      })
      expect(body.spec.replicatedJobs[0].template.spec.completionMode).toBe('Indexed')
      await running(3, '?labelSelector=jobset.sigs.k8s.io/jobset-name%3Dblock')
      const ready = await test.client.until(`${jobSets}/block`, (answer) =>
        answer.body.status?.replicatedJobsStatus?.every((each: { ready: number }) => each.ready === 1),
      )
      expect(ready.body.status.restarts).toBe(0)
    })

    it('starts all Jobs anew when one fails, until it may no more', async () => {
      await create(1)
      const first = await running(3)
      await endPod(first.body.items[0].metadata.name, 'Failed')
      const second = await running(3, '?labelSelector=jobset.sigs.k8s.io/restart-attempt%3D1')
      await endPod(second.body.items[0].metadata.name, 'Failed')
      const ended = await test.client.until(
        `${jobSets}/block`,
        (answer) => answer.body.status.terminalState === 'Failed',
      )
      expect(ended.body.status).toMatchObject({
        restarts: 1,
        conditions: [expect.objectContaining({ type: 'Failed', reason: 'ReachedMaxRestarts' })],
      })
    })

    it('is refused when its pods would have names too long for DNS', async () => {
      const answer = await test.client.post(jobSets, {
        apiVersion: 'jobset.x-k8s.io/v1alpha2',
        kind: 'JobSet',
        metadata: { name: 'x'.repeat(60) },
        spec: { replicatedJobs: [replicated('leader', 1)] },
      })
      expect(answer.status).toBe(422)
      expect((await test.client.get(jobSets)).body.items).toEqual([])
    })
  })
})
