import { readFileSync } from 'node:fs'
import type { ActionBody } from '@gridgate/core/action/parse-order'
import type { AuditFacts } from '@gridgate/core/audit/audit-entry'
import { ClusterId } from '@gridgate/core/cluster/cluster'
import { createCluster } from '@gridgate/core/cluster/create-cluster'
import { updateCluster } from '@gridgate/core/cluster/update-cluster'
import { recordHeartbeat } from '@gridgate/core/controller/record-heartbeat'
import { JoinRequest, joinNode } from '@gridgate/core/node/join-node'
import type { Ports } from '@gridgate/core/ports'
import { rateLimiter } from '@gridgate/storage/rate-limiter'
import type { Item } from '@gridgate/storage/store'
import {
  caller,
  clusterId,
  type InfraWorld,
  infraWorld,
} from '../../workflows/create-cluster-infra/test/infra-world.ts'
import { LivingCluster } from '../../workflows/create-cluster-infra/test/living-cluster.ts'
import { failoverRoom } from '../../workflows/failover/test/failover-room.ts'
import { guard, publish } from '../policy-world.ts'
import { enrolController, scriptedController } from '../scripted-controllers.ts'
import { scriptedEngine } from '../scripted-engine.ts'
import { type Around, admin, world } from '../world.ts'
import { countingStore, type Used } from './counting-store.ts'
import { itemBytes } from './item-size.ts'

/** What one operation writes. */
export interface Operation {
  name: string
  used: Used
  /** Of its workflow, where it has one. */
  transitions?: number
}

export interface Measured {
  operations: Operation[]
  /** Bytes of items, by what they are. */
  items: { name: string; bytes: number }[]
}

const nodesOfLarge = 1_000
const nodesOfSmall = 10
export const oneNode = 'one of its nodes'
const summaryBytes = 2_000
const replyBytes = 1_500
const asker = { caller: admin, requestId: 'request' }

const sample = JSON.parse(
  readFileSync(new URL('../../packages/core/src/node/fixtures/node-data-a100.json', import.meta.url), 'utf8'),
) as Record<string, unknown>

const document = (id: string, nodes: number) => ({
  ...{ id, regionId: 'us-west-2', clusterMetadata: { name: id, owner: 'ops', vendor: 'dma-bangalore' } },
  nodes: {
    nodeData: Array.from({ length: nodes }, (_, at) => ({
      ...sample,
      ...{ clusterId: id, id: `node-${String(at).padStart(4, '0')}` },
    })),
  },
})

/** Carries operations out on the real repositories, in memory, and counts what they write. */
export async function measure(): Promise<Measured> {
  const parts = [await ofClusters(), await ofJoin(), await ofFailover()]
  return { operations: parts.flatMap(({ operations }) => operations), items: parts.flatMap(({ items }) => items) }
}

/** Counts in a world that is still to be made. */
function openCounter(): { around: Around; used(): Used; all(): Item[] } {
  let counting: ReturnType<typeof countingStore<Parameters<Around>[0]>> | undefined
  const made = () => {
    if (!counting) throw new Error('no world was made')
    return counting
  }
  return {
    around(inner) {
      counting = countingStore(inner)
      return counting.store
    },
    used: () => made().used(),
    all: () => made().store.all(),
  }
}

/** What failed writes other things than what is counted here. */
function requireDone(state: string, wanted: string): void {
  if (state !== wanted) throw new Error(`it is ${state}, not ${wanted}`)
}

/** The largest of the items of a kind. */
function largest(name: string, items: readonly Item[], is: (item: Item) => boolean): Measured['items'][number] {
  const sizes = items.filter(is).map(itemBytes)
  if (sizes.length === 0) throw new Error(`nothing was written that is ${name}`)
  return { name, bytes: Math.max(...sizes) }
}

const beginsWith =
  (pk: string, sk = '') =>
  (item: Item): boolean =>
    item.pk.startsWith(pk) && item.sk.startsWith(sk)

async function ofClusters(): Promise<Measured> {
  const counter = openCounter()
  const gatewayKeys = {
    signWithAll: async () => ['signed'],
    publicKeys: async () => [],
  } as unknown as Ports['gatewayKeys']
  const w = world({ engine: scriptedEngine(), gatewayKeys }, admin, counter.around)
  const operations: Operation[] = []
  const run = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    counter.used()
    await work()
    operations.push({ name, used: counter.used() })
  }
  const small = ClusterId.parse('small')
  await run(`create a cluster of ${nodesOfSmall} nodes`, () =>
    createCluster(w.ports, document(small, nodesOfSmall), asker),
  )
  await run(`create a cluster of ${nodesOfLarge} nodes`, () =>
    createCluster(w.ports, document('large', nodesOfLarge), asker),
  )
  const uri = await publish(w, 'admit')
  await guard(w, { update_cluster: uri })
  await run(`change one field of a cluster of ${nodesOfSmall} nodes, under a policy`, () =>
    updateCluster(w.ports, { id: small, update: { 'clusterMetadata.owner': 'Ann' }, ifMatch: null }, asker),
  )
  const at = w.ports.clock.now().toISOString()
  const summary = { text: 'x'.repeat(summaryBytes) }
  const report = { version: '0.1.0', started_at: at, sent_at: at, next_key: null, summary }
  await run('take a heartbeat with its summary', () => recordHeartbeat(w.ports, small, report, admin))
  await run('keep a reply under an Idempotency-Key', () =>
    w.ports.idempotency.once('scope', 'body', async () => ({ status: 200, headers: {}, body: 'x'.repeat(replyBytes) })),
  )
  await run('count a request', async () => {
    const limiter = rateLimiter(w.store, w.ports, { perMinuteMax: 600 })
    await limiter.take('caller')
  })
  await run('write an audit entry', () => w.ports.audit.append(auditFacts))
  const all = w.store.all()
  return {
    operations,
    items: [
      largest(`cluster of ${nodesOfLarge} nodes, without them`, all, beginsWith('CLUSTER#large', 'CLUSTER')),
      largest(oneNode, all, beginsWith('CLUSTER#large', 'NODE#')),
      largest('decision', all, beginsWith('DECISION#')),
      largest('heartbeat', all, beginsWith('HEARTBEAT#')),
      largest(`summary of ${summaryBytes} bytes`, all, beginsWith('SUMMARY#')),
      largest('Idempotency-Key', all, beginsWith('IDEMPOTENCY#', 'IDEMPOTENCY')),
      largest(`kept reply of ${replyBytes} bytes`, all, beginsWith('IDEMPOTENCY#', 'PART#')),
      largest('audit entry', all, beginsWith('AUDIT#')),
    ],
  }
}

const digest = '0'.repeat(64)
const auditFacts: AuditFacts = {
  ...{ cluster_id: 'small', caller_id: 'key-0123456789abcdef', role: 'cluster-manager', operation: 'clusters/update' },
  ...{ route: 'PATCH /clusters/update/{cluster_id}', subject: '/clusters/update/small', status: 200, code: null },
  ...{ decision_ids: ['00000000-0000-4000-8000-000000000001'], task_id: null },
  changes: [{ subject: 'cluster small', before_sha256: digest, after_sha256: digest }],
  request_id: '00000000-0000-4000-8000-000000000000',
}

/** States that the executions of a world have entered. */
const transitionsIn = async (w: InfraWorld): Promise<number> =>
  (await w.everything()).match(/StateEntered"/g)?.length ?? Number.NaN

async function ofJoin(): Promise<Measured> {
  const controllers = scriptedController()
  const counter = openCounter()
  const w = await infraWorld({ open: () => new LivingCluster(), ports: { controllers }, store: counter.around })
  await enrolController(w.ports.clusters, clusterId)
  counter.used()
  const request = JoinRequest.parse({ node_data: { ...sample, id: 'n2', clusterId }, timeout_seconds: 60 })
  const { taskId } = await joinNode(w.ports, clusterId, request, { caller, requestId: 'request' })
  controllers.add('n2')
  requireDone((await w.finish(taskId)).task_status, 'completed')
  const used = counter.used()
  const transitions = await transitionsIn(w)
  await w.close()
  const items = [largest('task of a join, with all steps', counter.all(), beginsWith('TASK#', 'TASK'))]
  return { operations: [{ name: 'join a node: task and all its steps', used, transitions }], items }
}

async function ofFailover(): Promise<Measured> {
  const counter = openCounter()
  const room = await failoverRoom({}, counter.around)
  counter.used()
  const body = { requestor: 'me', reason: 'slow', type: 'cordon_nodepool', node_pool: 'pool-a' } as ActionBody
  requireDone((await room.run(body)).state, 'succeeded')
  const used = counter.used()
  const transitions = await transitionsIn(room.w)
  await room.w.close()
  const items = [largest('action on a pool of 3 nodes', counter.all(), beginsWith('ACTION#', 'ACTION'))]
  return { operations: [{ name: 'cordon a pool of 3 nodes: action, task and all steps', used, transitions }], items }
}
