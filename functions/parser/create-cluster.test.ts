import { readFileSync } from 'node:fs'
import type { ClusterId } from '@gridgate/core/cluster/cluster'
import { GridError } from '@gridgate/core/errors'
import type { JsonObject } from '@gridgate/core/json'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { type Script, scriptedPolicies } from '../../test/guarded-network.ts'
import { type World, world } from '../../test/world.ts'
import { onboard } from './create-cluster.ts'

const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(
    readFileSync(new URL(`../../packages/core/src/cluster/fixtures/${name}`, import.meta.url), 'utf8'),
  ) as Record<string, unknown>

const bare = fixture('cluster-onboarding-west-vision.json')
const envelope = fixture('parser-createcluster-envelope.json')
const canary = 'client-key-canary'
const kubeconfig = { clusters: [], users: [{ user: { 'client-key-data': canary } }] }

type Opened = World & { started: JsonObject[]; held: Map<string, string> }

/** A world that can build infrastructure as far as starting the workflow. */
function opened(scripts: Record<string, Script> = {}): Opened {
  const started: JsonObject[] = []
  const held = new Map<string, string>()
  const w = world({
    ...scriptedPolicies(scripts).ports,
    kubeconfigReader: {
      sanitise(given: unknown) {
        if (given !== null && typeof given === 'object') return JSON.stringify(given)
        throw new GridError('kubeconfig.invalid', 'the kubeconfig is not an object')
      },
    },
    kubeconfigs: {
      async put(json, { taskId }) {
        held.set(taskId, json)
        return taskId
      },
      open: async (reference) => held.get(reference) ?? '',
      async destroy(reference) {
        held.delete(reference)
      },
    },
    workflows: {
      async start(workflow, taskId, input) {
        started.push({ workflow, taskId, input })
      },
      status: async () => null,
    },
  })
  return { ...w, started, held }
}

interface Answer {
  success: boolean
  task_id: string
  result: Record<string, unknown>
  code: string
}
const send = async (w: World, body: unknown): Promise<{ reply: Response; answer: Answer }> => {
  const reply = await appOf(onboard, w.ports).request('/api/createCluster', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { reply, answer: (await reply.json()) as Answer }
}

describe('POST /api/createCluster', () => {
  it.each([
    ['the bare document', bare],
    ['the parser envelope', envelope],
    ['the envelope without a header', fixture('cluster-minimal-parser-envelope.json')],
  ])('registers %s with the documented answer', async (_, body) => {
    const w = opened()
    const { reply, answer } = await send(w, body)
    expect(reply.status).toBe(200)
    expect(answer).toMatchObject({ success: true, task_id: '' })
    const stored = await w.ports.clusters.find(answer.result.id as ClusterId)
    expect(stored?.cluster).toEqual(answer.result)
    expect(w.started).toEqual([])
  })

  it.each([
    ['beside the document', { ...bare, kube_config_data: kubeconfig }],
    ['beside header and body', { ...envelope, kube_config_data: kubeconfig }],
  ])('starts the infrastructure when a kubeconfig stands %s, and stores nothing of it', async (_, body) => {
    const w = opened()
    const { reply, answer } = await send(w, body)
    expect(reply.status).toBe(200)
    expect(answer.task_id).not.toBe('')
    expect(reply.headers.get('location')).toBe(`/tasks/${answer.task_id}`)
    expect(w.started).toMatchObject([{ workflow: 'create-cluster-infra', taskId: answer.task_id }])
    expect(w.held.get(answer.task_id)).toBe(JSON.stringify(kubeconfig))
    expect(JSON.stringify([w.snapshot(), answer, w.started])).not.toContain(canary)
  })

  const withoutHost = { ...bare, config: {} }
  it.each([
    ['a document that is not valid', { ...bare, memory: -1 }, {}, 400, 'request.invalid'],
    ['an envelope without values', { header: {}, body: { spec: {} } }, {}, 400, 'request.invalid'],
    ['a header alone', { header: { templateUri: 'Parser/V1' } }, {}, 400, 'request.invalid'],
    ['another template', { ...envelope, header: { templateUri: 'Mine/V2' } }, {}, 400, 'request.invalid'],
    ['a denial', bare, { add_cluster: () => ({ denied: 'no' }) }, 403, 'pre_check.denied'],
    ['a kubeconfig that is none', { ...bare, kube_config_data: 'x' }, {}, 400, 'kubeconfig.invalid'],
    [
      'infrastructure without a host name',
      { ...withoutHost, kube_config_data: kubeconfig },
      {},
      400,
      'request.invalid',
    ],
    [
      'infrastructure that a policy denies',
      { ...bare, kube_config_data: kubeconfig },
      { create_cluster_infra: () => ({ denied: 'no' }) },
      403,
      'pre_check.denied',
    ],
  ] as [
    string,
    object,
    Record<string, Script>,
    number,
    string,
  ][])('refuses %s, and registers nothing', async (_, body, scripts, status, code) => {
    const w = opened(scripts)
    const { reply, answer } = await send(w, body)
    expect(reply.status).toBe(status)
    expect(answer).toMatchObject({ success: false, code })
    expect(w.snapshot().filter(({ sk }) => sk !== 'REMOVED')).toEqual([])
    expect(w.started).toEqual([])
    expect(w.held.size).toBe(0)
  })

  it('answers a second registration with 409 instead of a success that says false', async () => {
    const w = opened()
    await send(w, bare)
    const before = w.snapshot()
    const { reply, answer } = await send(w, { ...bare, kube_config_data: kubeconfig })
    expect(reply.status).toBe(409)
    expect(answer.code).toBe('cluster.exists')
    expect(w.snapshot()).toEqual(before)
    expect(w.started).toEqual([])
  })
})
