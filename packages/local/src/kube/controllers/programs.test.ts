import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ContainerProgram, ProgramContext } from '../programs.ts'
import { plainProgram } from '../programs.ts'
import { deploymentBody, startTestCluster, type TestCluster } from '../test-cluster.ts'

const namespace = '/api/v1/namespaces/default'
const deployments = '/apis/apps/v1/namespaces/default/deployments'

/** A program that remembers how it was started, and answers on made-up ports. */
function recordingProgram(): ContainerProgram & { contexts: ProgramContext[]; stopped: number; isReady: boolean } {
  const program = {
    contexts: [] as ProgramContext[],
    stopped: 0,
    isReady: true,
    async start(context: ProgramContext) {
      program.contexts.push(context)
      context.log('started')
      return {
        ready: () => program.isReady,
        stop: async () => {
          program.stopped += 1
        },
        ports: { 4000: 45_000 },
      }
    },
  }
  return program
}

describe('container programs', () => {
  let test: TestCluster
  let program: ReturnType<typeof recordingProgram>
  beforeEach(async () => {
    program = recordingProgram()
    const images = (image: string): ContainerProgram | null =>
      image.startsWith('controller')
        ? program
        : image.startsWith('crash')
          ? { start: () => Promise.reject(new Error('no luck')) }
          : image.startsWith('missing')
            ? null
            : plainProgram
    test = await startTestCluster({ images })
  })
  afterEach(() => test.stop())

  const create = (name: string, container: object, spec: object = {}) =>
    test.client.post(deployments, deploymentBody(name, container, spec))
  const waitingReason = (name: string, reason: string) =>
    test.client.until(
      `${namespace}/pods?labelSelector=app%3D${name}`,
      (answer) => answer.body.items[0]?.status.containerStatuses?.[0]?.state.waiting?.reason === reason,
    )

  it('start with environment, files and token resolved, and are found behind the NodePort and the ingress path', async () => {
    await test.client.post(`${namespace}/configmaps`, { metadata: { name: 'settings' }, data: { color: 'blue' } })
    await test.client.post(`${namespace}/secrets`, { metadata: { name: 'keys' }, stringData: { 'public.pem': 'PEM' } })
    await create(
      'ctl',
      {
        image: 'controller:1',
        ports: [{ containerPort: 4000, name: 'api' }],
        env: [
          { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'TEXT', value: '$(COLOR) sky' },
        ],
        volumeMounts: [{ name: 'keys', mountPath: '/keys' }],
      },
      { volumes: [{ name: 'keys', secret: { secretName: 'keys' } }] },
    )
    await test.client.post(`${namespace}/services`, {
      metadata: { name: 'ctl-svc' },
      spec: { type: 'NodePort', selector: { app: 'ctl' }, ports: [{ port: 4000, targetPort: 'api', nodePort: 32300 }] },
    })
    await test.client.post('/apis/getambassador.io/v2/namespaces/default/mappings', {
      apiVersion: 'getambassador.io/v2',
      kind: 'Mapping',
      metadata: { name: 'ctl' },
      spec: { hostname: '*', prefix: '/controller/', service: 'ctl-svc.default:4000' },
    })
    await test.client.until(`${deployments}/ctl`, (answer) => answer.body.status?.readyReplicas === 1)
    const [context] = program.contexts
    expect(context?.env).toMatchObject({
      COLOR: 'blue',
      NODE: expect.stringMatching(/^gpu-node-\d$/),
      TEXT: 'blue sky',
    })
    expect(context?.files).toEqual({ '/keys/public.pem': 'PEM' })
    const review = await test.client.post(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      {},
      { token: context?.serviceAccountToken ?? '' },
    )
    expect(review.body.status.userInfo.username).toBe('system:serviceaccount:default:default')
    expect(test.cluster.endpointFor(32300)).toBe('http://127.0.0.1:45000')
    expect(test.cluster.endpointFor(32301)).toBeNull()
    expect(test.cluster.resolveService('ctl-svc.default.svc.cluster.local', 4000)).toBe('http://127.0.0.1:45000')
    expect(test.cluster.resolveService('ctl-svc.other', 4000)).toBeNull()
    expect(test.cluster.routeFor('/controller/health')).toBe('http://127.0.0.1:45000/health')
    expect(test.cluster.routeFor('/other')).toBeNull()
    const pod = context?.pod.name ?? ''
    expect((await test.client.get(`${namespace}/pods/${pod}/log`)).body).toBe('started\n')
  })

  it('make a pod ready only once they say so', async () => {
    program.isReady = false
    await create('slow', { image: 'controller:1' })
    await test.client.until(
      `${namespace}/pods?labelSelector=app%3Dslow`,
      (answer) => answer.body.items[0]?.status.phase === 'Running',
    )
    expect((await test.client.get(`${deployments}/slow`)).body.status.readyReplicas).toBeUndefined()
    program.isReady = true
    await test.client.until(`${deployments}/slow`, (answer) => answer.body.status?.readyReplicas === 1)
  })

  it('are stopped before their pod is gone', async () => {
    await create('brief', { image: 'controller:1' })
    await test.client.until(`${deployments}/brief`, (answer) => answer.body.status?.readyReplicas === 1)
    await test.client.remove(`${deployments}/brief`)
    await test.client.until(`${namespace}/pods?labelSelector=app%3Dbrief`, (answer) => answer.body.items.length === 0)
    expect(program.stopped).toBe(1)
  })

  it('that cannot be pulled, crash, or lack a ConfigMap keep their pod waiting, with the known reason', async () => {
    await create('gone', { image: 'missing:1' })
    await waitingReason('gone', 'ImagePullBackOff')
    await create('crash', { image: 'crash:1' })
    await waitingReason('crash', 'CrashLoopBackOff')
    await create('lacks', { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'late', key: 'x' } } }] })
    await waitingReason('lacks', 'CreateContainerConfigError')
    await test.client.post(`${namespace}/configmaps`, { metadata: { name: 'late' }, data: { x: '1' } })
    await test.client.until(`${deployments}/lacks`, (answer) => answer.body.status?.readyReplicas === 1)
  })
})
