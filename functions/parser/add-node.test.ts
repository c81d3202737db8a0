import { readFileSync } from 'node:fs'
import type { Caller } from '@gridgate/core/caller'
import { Cluster } from '@gridgate/core/cluster/cluster'
import type { JsonObject } from '@gridgate/core/json'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { admin, type World, world } from '../../test/world.ts'
import { parseNode } from './add-node.ts'

const fixture = (name: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`../../packages/core/src/node/fixtures/${name}.json`, import.meta.url), 'utf8'))
const flat = fixture('parser-addnode-documented-flat') as { body: { spec: { values: JsonObject } } } & JsonObject
const nested = fixture('parser-addnode-accepted-by-original')
const { values } = flat.body.spec
const { clusterId: _, ...a100 } = fixture('node-data-a100')
const id = 'cluster-west-vision-001'

async function opened(caller: Caller = admin): Promise<World> {
  const w = world({}, caller)
  await w.ports.clusters.create(Cluster.parse({ id, regionId: 'eu', nodes: { count: 0, nodeData: [] } }))
  return w
}

const send = async (w: World, body: unknown) => {
  const reply = await appOf(parseNode, w.ports).request('/api/addNode', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: reply.status, body: (await reply.json()) as JsonObject & { result: Cluster } }
}

describe('POST /api/addNode', () => {
  it.each([
    ['the documented flat envelope', flat],
    ['the envelope that the original took', nested],
    ['the bare flat document', values],
    ['the bare nested document', { clusterId: id, nodeData: a100 }],
    ['a cluster named inside of nodeData', { nodeData: { ...a100, clusterId: id } }],
    ['the old spelling of the cluster', { cluster_id: id, ...a100 }],
  ])('takes %s', async (_name, body) => {
    const w = await opened()
    const said = await send(w, body)
    expect(said).toMatchObject({
      status: 200,
      body: {
        success: true,
        task_id: '',
        result: { id, nodes: { count: 1, nodeData: [a100] }, gpus: { count: 2, memory: 32768 }, memory: 131072 },
      },
    })
    expect((await w.ports.clusters.find(id as never))?.cluster).toEqual(said.body.result)
  })

  it.each([
    ['no cluster', { body: { spec: { values: { id: 'n1' } } } }, '/body/spec/values/clusterId'],
    ['a cluster that cannot be', { clusterId: 'NO', id: 'n1' }, '/clusterId'],
    ['two clusters', { clusterId: id, nodeData: { id: 'n1', clusterId: 'east' } }, '/nodeData/clusterId'],
    ['an envelope without a document', { header: {}, body: {} }, '/body/spec/values'],
    ['another template', { header: { templateUri: 'X/V2' }, body: {} }, '/header/templateUri'],
    [
      'a wrong node in the envelope',
      { body: { spec: { values: { ...values, memory: -1 } } } },
      '/body/spec/values/memory',
    ],
  ])('refuses %s with a pointer', async (_name, body, pointer) => {
    const w = await opened()
    const before = w.snapshot()
    const said = await send(w, body)
    expect(said).toMatchObject({ status: 400, body: { code: 'request.invalid', details: { problems: [{ pointer }] } } })
    expect(w.snapshot()).toEqual(before)
  })

  it('hides clusters out of scope, and tells a second addition', async () => {
    const stranger = await opened({ id: 'm', role: 'cluster-manager', clusters: ['east'] })
    expect(await send(stranger, flat)).toMatchObject({ status: 404, body: { code: 'cluster.not_found' } })
    const w = await opened()
    await send(w, flat)
    expect(await send(w, nested)).toMatchObject({ status: 409, body: { code: 'node.exists' } })
  })
})
