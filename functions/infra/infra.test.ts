import type { Caller } from '@gridgate/core/caller'
import { Cluster } from '@gridgate/core/cluster/cluster'
import type { JsonObject } from '@gridgate/core/json'
import type { PolicyEngine } from '@gridgate/core/policy/engine'
import { PolicyUri } from '@gridgate/core/policy/policy'
import type { Ports } from '@gridgate/core/ports'
import { TaskId } from '@gridgate/core/task/task'
import { sanitise, sealedText } from '@gridgate/kube/kubeconfig'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { guard, publish } from '../../test/policy-world.ts'
import { admin, type World, world } from '../../test/world.ts'
import { buildInfra } from './create.ts'
import { clearInfra } from './remove.ts'

const kubeconfig = {
  'current-context': 'main',
  clusters: [{ name: 'c', cluster: { server: 'https://k8s.example:6443' } }],
  users: [{ name: 'u', user: { token: 'canary-token' } }],
  contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
}
const body = { cluster_id: 'west-1', kube_config_data: kubeconfig }

interface InfraRoutes extends World {
  started: { workflow: string; input: JsonObject }[]
  held: Map<string, string>
  call(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

async function prepared(caller: Caller = admin, given: Partial<Ports> = {}): Promise<InfraRoutes> {
  const started: InfraRoutes['started'] = []
  const held = new Map<string, string>()
  const w = world(
    {
      kubeconfigReader: { sanitise: (input) => sealedText(sanitise(input)) },
      workflows: {
        start: async (workflow, _, input) => void started.push({ workflow, input }),
        status: async () => null,
      },
      kubeconfigs: {
        async put(text, { taskId }) {
          held.set(`ref-${taskId}`, text)
          return `ref-${taskId}`
        },
        open: async (reference) => held.get(reference) ?? '',
        destroy: async (reference) => void held.delete(reference),
      },
      ...given,
    },
    caller,
  )
  for (const [id, config] of [
    ['west-1', { publicHostname: 'west.example' }],
    ['bare-1', {}],
  ] as const)
    await w.ports.clusters.create(Cluster.parse({ id, regionId: 'eu', nodes: { count: 0 }, config }))
  const app = (path: string) => appOf(path === '/create-cluster-infra' ? buildInfra : clearInfra, w.ports)
  return {
    ...w,
    started,
    held,
    call: async (path, sent, headers = {}) =>
      app(path).request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(sent),
      }),
  }
}

const routes = ['/create-cluster-infra', '/remove-cluster-infra']

describe.each(routes)('POST %s', (path) => {
  it('starts the task with ids only, holds the sanitised kubeconfig, and says where to look', async () => {
    const w = await prepared()
    const reply = await w.call(path, body)
    expect(reply.status).toBe(200)
    const { success, data } = (await reply.json()) as { success: boolean; data: { message: string; task_id: string } }
    expect({ success, message: data.message }).toEqual({ success: true, message: 'scheduled in background' })
    expect(reply.headers.get('location')).toBe(`/tasks/${data.task_id}`)

    const stored = await w.ports.tasks.find(TaskId.parse(data.task_id))
    expect(stored?.task).toMatchObject({
      task_type: path.startsWith('/create') ? 'cluster_infra_creation' : 'cluster_infra_remove',
      task_data: { cluster_id: 'west-1' },
      task_status: 'pending',
    })
    expect(w.started).toEqual([
      {
        workflow: path.slice(1),
        input: {
          taskId: data.task_id,
          clusterId: 'west-1',
          kubeconfigRef: `ref-${data.task_id}`,
          isReady: false,
          waitSeconds: 0,
          canUndo: false,
        },
      },
    ])
    expect([...w.held.values()].join()).toContain('canary-token')
    expect(JSON.stringify([w.snapshot(), w.started])).not.toContain('canary')
  })

  it.each([
    { when: 'both fields are missing', sent: {} },
    { when: 'the cluster is missing', sent: { kube_config_data: kubeconfig } },
    { when: 'the kubeconfig is missing', sent: { cluster_id: 'west-1' } },
    { when: 'the kubeconfig is null', sent: { cluster_id: 'west-1', kube_config_data: null } },
  ])('answers in the documented words when $when', async ({ sent }) => {
    const w = await prepared()
    const before = w.snapshot()
    const reply = await w.call(path, sent)
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({
      code: 'request.invalid',
      message: "Missing 'kube_config_data' or 'cluster_id'",
    })
    expect(w.snapshot()).toEqual(before)
  })

  const manager: Caller = { id: 'm', role: 'cluster-manager', clusters: ['east-1'] }
  const viewer: Caller = { id: 'v', role: 'viewer', clusters: '*' }
  it.each([
    { when: 'the id is no id', sent: { ...body, cluster_id: 'No Id' }, status: 400, code: 'request.invalid' },
    { when: 'the id is no text', sent: { ...body, cluster_id: 7 }, status: 400, code: 'request.invalid' },
    {
      when: 'the kubeconfig is empty',
      sent: { ...body, kube_config_data: {} },
      status: 400,
      code: 'kubeconfig.invalid',
    },
    {
      when: 'the kubeconfig runs a program',
      sent: {
        ...body,
        kube_config_data: { ...kubeconfig, users: [{ name: 'u', user: { exec: { command: 'canary' } } }] },
      },
      status: 400,
      code: 'kubeconfig.invalid',
    },
    {
      when: 'the cluster is not there',
      sent: { ...body, cluster_id: 'none-1' },
      status: 404,
      code: 'cluster.not_found',
    },
    { when: 'it is out of scope', sent: body, caller: manager, status: 404, code: 'cluster.not_found' },
    { when: 'the role is too small', sent: body, caller: viewer, status: 403, code: 'auth.forbidden' },
  ])('refuses when $when, and changes nothing', async ({ sent, caller, status, code }) => {
    const w = await prepared(caller)
    const before = w.snapshot()
    const reply = await w.call(path, sent)
    expect(reply.status).toBe(status)
    const text = await reply.text()
    expect(JSON.parse(text)).toMatchObject({ code })
    expect(text).not.toContain('canary')
    expect(w.snapshot()).toEqual(before)
    expect([w.held.size, w.started.length]).toEqual([0, 0])
  })

  it('refuses a second task for the cluster while one runs, naming it', async () => {
    const w = await prepared()
    const first = ((await (await w.call(path, body)).json()) as { data: { task_id: string } }).data.task_id
    const held = w.held.size
    for (const other of routes) {
      const reply = await w.call(other, body)
      expect(reply.status).toBe(409)
      expect(reply.headers.get('location')).toBe(`/tasks/${first}`)
      expect(await reply.json()).toMatchObject({ code: 'task.running', details: { task_id: first } })
    }
    expect(w.held.size).toBe(held)
    expect(w.started).toHaveLength(1)
  })

  it('lets one of two requests through that come at the same time, and destroys the kubeconfig of the other', async () => {
    const w = await prepared()
    const replies = await Promise.all([w.call(path, body), w.call(path, body)])
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409])
    expect([w.started.length, w.held.size]).toEqual([1, 1])
  })

  it('starts one task for one Idempotency-Key', async () => {
    const w = await prepared()
    const texts: string[] = []
    for (const _ of [1, 2]) texts.push(await (await w.call(path, body, { 'idempotency-key': 'k1' })).text())
    expect(texts[1]).toBe(texts[0])
    expect(w.started).toHaveLength(1)
    expect(JSON.stringify(w.snapshot())).not.toContain('canary')
  })

  it('holds no kubeconfig and starts nothing when a policy denies it', async () => {
    const w = await prepared(admin, deny)
    const reply = await w.call(path, body)
    expect(reply.status).toBe(503)
    expect(await reply.json()).toMatchObject({ code: 'policy.not_found' })
    expect([w.held.size, w.started.length]).toEqual([0, 0])
  })
})

/** A network map that names a policy which does not exist: it fails closed. */
const uri = PolicyUri.parse('deny:1.0-stable')
const deny: Partial<Ports> = {
  policyMaps: {
    read: async () => ({ map: { create_cluster_infra: uri, remove_cluster_infra: uri }, version: 1 }),
    replace: () => Promise.reject(new Error('not here')),
  },
}

/** An engine whose verdict admits, with the cluster document changed. */
const rewriting = (change: (cluster: { id: string; config: JsonObject }) => void): Partial<Ports> => ({
  engine: {
    async evaluate({ inputJson }) {
      const input = JSON.parse(inputJson) as { cluster_data: { id: string; config: JsonObject } }
      change(input.cluster_data)
      const inputDataJson = JSON.stringify(input)
      return { ok: true, allowed: true, inputDataJson, contextJson: '{}', log: '', durationMs: 1 }
    },
  } as PolicyEngine,
})

async function guarded(change: Parameters<typeof rewriting>[0]): Promise<InfraRoutes> {
  const w = await prepared(admin, rewriting(change))
  await guard(w, { create_cluster_infra: await publish(w, 'admit') })
  return w
}

describe('POST /create-cluster-infra', () => {
  it('builds what the policy made of the document', async () => {
    const w = await guarded((cluster) => {
      cluster.config.publicHostname = 'other.example'
    })
    const reply = (await (await w.call('/create-cluster-infra', body)).json()) as { data: { task_id: string } }
    const stored = await w.ports.tasks.find(TaskId.parse(reply.data.task_id))
    expect(stored?.memo).toMatchObject({ settings: { publicHostname: 'other.example', useGateway: false } })
  })

  it.each([
    ['of another cluster', { id: 'east-1' }],
    ['with a host name that is none', { config: { publicHostname: 'a/b' } }],
  ])('refuses a rewrite %s', async (_, change) => {
    const w = await guarded((cluster) => Object.assign(cluster, change))
    const reply = await w.call('/create-cluster-infra', body)
    expect(reply.status).toBe(502)
    expect(await reply.json()).toMatchObject({ code: 'policy.bad_verdict' })
    expect([w.held.size, w.started.length]).toEqual([0, 0])
  })

  it('refuses a cluster without a public host name, whose addresses could not be made', async () => {
    const w = await prepared()
    const reply = await w.call('/create-cluster-infra', { ...body, cluster_id: 'bare-1' })
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ detail: expect.stringContaining('config.publicHostname') })
  })
})

describe('POST /remove-cluster-infra', () => {
  it('needs no public host name', async () => {
    const w = await prepared()
    expect((await w.call('/remove-cluster-infra', { ...body, cluster_id: 'bare-1' })).status).toBe(200)
  })
})
