import type { ActionRecord } from '@gridgate/core/action/action'
import { Cluster, type ClusterId } from '@gridgate/core/cluster/cluster'
import type { JsonObject } from '@gridgate/core/json'
import { requestFailover } from '../functions/actions/request.ts'
import { appOf } from './call-endpoint.ts'
import { type Script, scriptedPolicies } from './guarded-network.ts'
import { enrolController } from './scripted-controllers.ts'
import { type ScriptedPool, scriptedPool } from './scripted-pool.ts'
import { admin, type World, world } from './world.ts'

export const id = 'west-1' as ClusterId

/** A network of one cluster with a pool of two nodes, and what was asked of whom. */
export interface Opened extends World {
  pool: ScriptedPool
  asked: { action: string; input: JsonObject }[]
  started: string[]
}

/** @param scripts what the policies answer; by default they admit everything */
export async function opened(scripts: Record<string, Script> = {}, caller = admin): Promise<Opened> {
  const policies = scriptedPolicies(scripts)
  const pool = scriptedPool()
  const started: string[] = []
  const workflows = {
    start: async (workflow: string) => void started.push(workflow),
    status: async () => null,
  }
  const w = world({ ...policies.ports, controllers: pool, workflows }, caller)
  await w.ports.clusters.create(Cluster.parse({ id, regionId: 'eu', nodes: { count: 0 } }))
  await enrolController(w.ports.clusters, id)
  pool.add('n1')
  pool.add('n2')
  return { ...w, pool, asked: policies.asked, started }
}

export type Body = ActionRecord & {
  id: string
  error?: string
  code?: string
  details?: { checks?: unknown; action_id?: string }
}

/** Asks for an action without waiting for its end, as the original's client does. */
export async function post(
  w: World,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; said: Body; headers: Headers }> {
  const response = await appOf(requestFailover, w.ports).request('/actions', {
    method: 'POST',
    headers: { prefer: 'wait=0', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, said: (await response.json()) as Body, headers: response.headers }
}

/** An order that is as it should be. */
export const order = { id: 'a-1', requestor: 'me', reason: 'slow', type: 'cordon_nodepool', node_pool: 'pool-a' }
