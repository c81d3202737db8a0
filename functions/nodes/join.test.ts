import { readFileSync } from 'node:fs'
import { Cluster, type ClusterId } from '@gridgate/core/cluster/cluster'
import { GridError } from '@gridgate/core/errors'
import type { JsonObject } from '@gridgate/core/json'
import type { JoinData } from '@gridgate/core/node/join-data'
import { TaskId } from '@gridgate/core/task/task'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { type Script, scriptedPolicies } from '../../test/guarded-network.ts'
import {
  canaryToken,
  enrolController,
  type ScriptedController,
  scriptedController,
} from '../../test/scripted-controllers.ts'
import { type World, world } from '../../test/world.ts'
import { joinMachine } from './join.ts'

const id = 'west-1' as ClusterId
const hash = '0'.repeat(64)
const local = { localNetworkHostName: '203.0.113.10', certHash: hash }
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../packages/core/src/node/fixtures/${name}.json`, import.meta.url), 'utf8'))
const documented = fixture('join-node-request') as JsonObject & { node_data: JsonObject }

interface Answer {
  success: boolean
  code: string
  detail: string
  task_id: string
  result: { success: boolean; join: JoinData; join_command: string; message: string }
  details: { problems?: { pointer: string }[]; task_id?: string }
}
interface Opened extends World {
  kube: ScriptedController
  started: { workflow: string; input: JsonObject }[]
  send(body: unknown, headers?: Record<string, string>): Promise<{ reply: Response; body: Answer }>
}

interface Given {
  scripts?: Record<string, Script>
  config?: object
  enrolled?: boolean
}

async function opened({ scripts = {}, config = local, enrolled = true }: Given = {}): Promise<Opened> {
  const kube = scriptedController()
  const started: Opened['started'] = []
  const workflows = {
    start: async (workflow: string, _: unknown, input: JsonObject) => void started.push({ workflow, input }),
    status: async () => null,
  }
  const w = world({ ...scriptedPolicies(scripts).ports, controllers: kube, workflows })
  const nodes = { nodeData: [{ id: 'n1' }] }
  await w.ports.clusters.create(Cluster.parse({ id, regionId: 'eu', nodes, config }))
  if (enrolled) await enrolController(w.ports.clusters, id)
  return {
    ...w,
    kube,
    started,
    async send(sent, headers = {}) {
      const reply = await appOf(joinMachine, w.ports).request(`/join-node/${id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(sent),
      })
      return { reply, body: (await reply.clone().json()) as Answer }
    },
  }
}

async function refuses(w: Opened, body: unknown, status: number, code: string): Promise<Answer> {
  const before = w.snapshot()
  const said = await w.send(body)
  expect([said.reply.status, said.body.code]).toEqual([status, code])
  expect(w.snapshot()).toEqual(before)
  expect(w.started).toEqual([])
  expect(w.kube.tokens.size).toBe(0)
  return said.body
}

const n2 = { node_data: { id: 'n2' } }

describe('POST /join-node/{cluster_id}', () => {
  it('answers the documented request with data, the documented line, and the task', async () => {
    const w = await opened()
    const { reply, body } = await w.send(documented)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('location')).toBe(`/tasks/${body.task_id}`)
    expect(reply.headers.get('cache-control')).toBe('no-store')
    const api_server = '203.0.113.10:6443'
    const args = ['--token', canaryToken, '--discovery-token-ca-cert-hash', `sha256:${hash}`, '--node-name', 'node-1']
    expect(body).toMatchObject({ success: true, result: { success: true } })
    expect(body.result.join).toEqual({
      api_server,
      token: canaryToken,
      ca_cert_hashes: [`sha256:${hash}`],
      node_name: 'node-1',
      node_labels: { nodeID: 'node-1' },
      expires_at: '2030-01-01T00:20:00.000Z',
      program: 'kubeadm',
      args: ['join', api_server, ...args],
    })
    const { result } = fixture('join-node-response') as Answer
    expect(body.result.join_command).toBe(
      `${result.join_command.replace('abcdef.0123456789abcdef', canaryToken)} --node-name node-1`,
    )
    expect(w.kube.tokens.get(body.task_id)?.seconds).toBe(900)
  })

  it('starts a task that knows the node and not the token', async () => {
    const w = await opened()
    const { body } = await w.send({ ...n2, timeout_seconds: 60 })
    expect(w.started).toMatchObject([{ workflow: 'join-node', input: { taskId: body.task_id, nodeId: 'n2' } }])
    const task = await w.ports.tasks.find(TaskId.parse(body.task_id))
    expect(task?.task).toMatchObject({ task_type: 'node_addition', task_data: { cluster_id: id, node_id: 'n2' } })
    expect(task?.memo).toMatchObject({ node: { id: 'n2' }, timeoutSeconds: 60 })
    expect(JSON.stringify([w.snapshot(), w.started])).not.toContain(canaryToken)
    expect((await w.ports.clusters.find(id))?.cluster.nodes.count).toBe(1)
  })

  it('is never answered twice with the same token', async () => {
    const w = await opened()
    expect((await w.send(n2, { 'idempotency-key': 'k1' })).reply.status).toBe(200)
    const again = await w.send(n2, { 'idempotency-key': 'k1' })
    expect([again.reply.status, again.body.code]).toEqual([409, 'idempotency.not_replayable'])
    expect(JSON.stringify(w.snapshot())).not.toContain(canaryToken)
  })

  it('takes the node that the policies return, and refuses when they do', async () => {
    const tag: Script = (input) => ({ input: { ...input, node_data: { id: 'n2', tags: ['checked'] } } })
    const w = await opened({ scripts: { add_node: tag } })
    const { body } = await w.send(n2)
    const task = await w.ports.tasks.find(TaskId.parse(body.task_id))
    expect(task?.memo).toMatchObject({ node: { id: 'n2', tags: ['checked'] } })
    const denied = await opened({ scripts: { add_node: () => ({ denied: 'full' }) } })
    await refuses(denied, n2, 403, 'pre_check.denied')
  })

  it.each([
    ['no node', {}, '/node_data'],
    ['a node without an id', { node_data: {} }, '/node_data/id'],
    ['an id that is no name of a Kubernetes node', { node_data: { id: 'Node_1' } }, '/node_data/id'],
    ['a node of another cluster', { node_data: { id: 'n2', cluster_id: 'east-1' } }, '/node_data/cluster_id'],
    ['an unknown custom_ip', { ...n2, custom_ip: 'vpn' }, '/custom_ip'],
    ['a name that every object has', { ...n2, custom_ip: 'constructor' }, '/custom_ip'],
    ['an endless wait', { ...n2, timeout_seconds: 1e6 }, '/timeout_seconds'],
  ])('refuses %s with a pointer', async (_name, body, pointer) => {
    const said = await refuses(await opened(), body, 400, 'request.invalid')
    expect(said.details.problems?.[0]?.pointer).toBe(pointer)
  })

  it('needs a controller, but tells what is wrong with the body first', async () => {
    const w = await opened({ enrolled: false })
    await refuses(w, { node_data: {} }, 400, 'request.invalid')
    const said = await refuses(w, n2, 409, 'cluster.no_controller')
    expect(said.detail).toContain('/create-cluster-infra')
  })

  it('refuses a node that the document or Kubernetes has already', async () => {
    const w = await opened()
    await refuses(w, { node_data: { id: 'n1' } }, 409, 'node.exists')
    w.kube.add('n2')
    await refuses(w, n2, 409, 'node.exists')
    w.kube.add('n2', { ready: false }) // a machine set up anew
    expect((await w.send(n2)).reply.status).toBe(200)
  })

  it('refuses a second join of a node, and a failing controller', async () => {
    const w = await opened()
    const { body } = await w.send(n2)
    w.started.length = 0
    w.kube.tokens.clear()
    const said = await refuses(w, n2, 409, 'task.running')
    expect(said.details.task_id).toBe(body.task_id)
    w.kube.fault = (called) =>
      called === 'POST /join-tokens' ? new GridError('node.tokens_exhausted', 'all in use') : null
    await refuses(w, { node_data: { id: 'n3' } }, 429, 'node.tokens_exhausted')
  })
})

describe('where a machine is sent', () => {
  const config = {
    ...local,
    publicHostname: 'west.example',
    secondaryIPs: { vpn: '10.8.0.1', six: 'fd00::1', odd: '10.0.0.1:7443' },
    allowExternalNodes: true,
  }
  it.each([
    ['the local name', {}, '203.0.113.10:6443'],
    ['the public name', { mode: 'public' }, 'west.example:6443'],
    ['a named address', { custom_ip: 'vpn' }, '10.8.0.1:6443'],
    ['a named address, from outside', { mode: 'public', custom_ip: 'vpn' }, '10.8.0.1:6443'],
    ['another port', { custom_ip: 'odd' }, '10.0.0.1:7443'],
    ['IPv6', { custom_ip: 'six' }, '[fd00::1]:6443'],
  ])('is %s', async (_name, way, api_server) => {
    const { body } = await (await opened({ config })).send({ ...n2, ...way })
    expect(body.result.join.api_server).toBe(api_server)
    expect(body.result.join.args[1]).toBe(api_server)
  })

  it('is what the controller found out where the document is silent in the local network', async () => {
    const { body } = await (await opened({ config: {} })).send(n2)
    expect(body.result.join).toMatchObject({
      api_server: 'api.west.example:6443',
      ca_cert_hashes: [`sha256:${'a'.repeat(64)}`],
    })
  })

  it('has to be known, and the certificate with it', async () => {
    const silent = await opened({ config: {} })
    silent.kube.caHash = null
    await refuses(silent, n2, 409, 'node.join_unconfigured')
    await refuses(
      await opened({ config: { allowExternalNodes: true } }),
      { ...n2, mode: 'x' },
      409,
      'node.join_unconfigured',
    )
    const hashless = await opened({ config: { localNetworkHostName: 'h' } })
    hashless.kube.caHash = null
    expect((await refuses(hashless, n2, 409, 'node.join_unconfigured')).detail).toContain('config.certHash')
  })

  it.each([
    ['a host with a command', { ...local, localNetworkHostName: 'x; rm -rf /' }],
    ['a host that is an option', { ...local, localNetworkHostName: '--config=/etc/x' }],
    ['a host with a path', { ...local, localNetworkHostName: 'h/x' }],
    ['a port that is none', { ...local, localNetworkHostName: 'h:99999' }],
    ['a hash with a command', { ...local, certHash: `${hash}$(id)` }],
    ['a hash that is too short', { ...local, certHash: 'sha256:abcd' }],
  ])('is never %s', async (_name, config) => {
    await refuses(await opened({ config }), n2, 409, 'node.join_unconfigured')
  })

  it('is quoted for a shell where a shell would read more into it', async () => {
    const { body } = await (await opened({ config })).send({ ...n2, custom_ip: 'six' })
    expect(body.result.join_command).toContain("kubeadm join '[fd00::1]:6443' --token")
  })
})

describe('external machines', () => {
  const config = { ...local, publicHostname: 'west.example' }
  it('join only where the cluster says so', async () => {
    for (const allowExternalNodes of [undefined, false])
      await refuses(
        await opened({ config: { ...config, allowExternalNodes } }),
        { ...n2, mode: 'public' },
        403,
        'node.external_refused',
      )
    const open = await opened({ config: { ...config, allowExternalNodes: true } })
    expect((await open.send({ ...n2, mode: 'public' })).reply.status).toBe(200)
  })

  it('are none that join in the local network', async () => {
    const w = await opened({ config: { ...config, allowExternalNodes: false } })
    expect((await w.send(n2)).reply.status).toBe(200)
  })
})
