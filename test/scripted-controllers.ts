import type { ClusterNode } from '@gridgate/core/cluster/cluster-node'
import type { ClusterStore, StoredCluster } from '@gridgate/core/cluster/cluster-store'
import {
  type ControllerCall,
  type ControllerClient,
  controllerAddress,
} from '@gridgate/core/controller/controller-client'
import { GridError } from '@gridgate/core/errors'
import type { Json, JsonObject } from '@gridgate/core/json'

/** A node of the scripted cluster's Kubernetes. */
export interface ScriptedNode {
  node: ClusterNode
  name: string
  uid: string
  ready: boolean
  /** The `nodeID` label; null before anybody labelled it. */
  label: string | null
  /** The node's other labels. */
  labels?: Record<string, string>
  /** The task whose mark the cordon carries; null for a person's; undefined where new pods may come. */
  cordonedBy?: string | null
  pods: { namespace: string; name: string; budget?: string }[]
}

/** The controller of one cluster without a cluster, keeping the promises of its node routes; for tests of who calls it. */
export interface ScriptedController extends ControllerClient {
  nodes: Map<string, ScriptedNode>
  /** Live join tokens by task. */
  tokens: Map<string, { token: string; seconds: number }>
  /** Every call that was answered or refused: `POST /join-tokens`. */
  calls: string[]
  /** What a call fails with; null lets it through. */
  fault: (called: string) => GridError | null
  caHash: string | null
  add(id: string, more?: Partial<ScriptedNode>): ScriptedNode
}

/** The token that every join gets; tests look for it where it must not be. */
export const canaryToken = 'canary.0123456789abcdef'
const apiHost = 'api.west.example'

export function scriptedController(): ScriptedController {
  const scripted: ScriptedController = {
    nodes: new Map(),
    tokens: new Map(),
    calls: [],
    fault: () => null,
    caHash: 'a'.repeat(64),
    add(id, more = {}) {
      const node = { id } as ClusterNode
      const added = { node, name: id, uid: `uid-${id}`, ready: true, label: null, pods: [], ...more }
      scripted.nodes.set(added.name, added)
      return added
    },
    async call(stored, call) {
      controllerAddress(stored, call.part)
      const called = `${call.method} ${call.path}`
      scripted.calls.push(called)
      const fault = scripted.fault(called)
      if (fault) throw fault
      return structuredClone(answer(scripted, call))
    },
  }
  return scripted
}

/** What it says to a call, wherever the cluster is. @throws {GridError} */
export function answer(scripted: ScriptedController, call: Pick<ControllerCall, 'method' | 'path' | 'body'>): Json {
  const { method, path, body = {} } = call
  const url = new URL(path, 'http://controller')
  const [, noun, id = '', verb] = url.pathname.split('/').map(decodeURIComponent)
  const called = `${method} /${noun}${id && noun === 'nodes' ? '/id' : ''}${verb ? `/${verb}` : ''}`
  if (called === 'GET /nodes') return list(scripted, url.searchParams)
  if (called === 'GET /nodes/id') return entryOf(find(scripted, id))
  if (url.pathname === '/cluster-actions/add-node') return label(scripted, String(body.id))
  if (called === 'POST /join-tokens') return issue(scripted, body)
  if (called === 'DELETE /join-tokens') return { removed: scripted.tokens.delete(id) }
  if (called === 'DELETE /nodes/id') return remove(scripted, id, url.searchParams.get('uid'))
  const found = find(scripted, id)
  if (verb === 'cordon') return cordon(found, body)
  if (verb === 'uncordon') return uncordon(found, body)
  if (verb === 'drain') return drain(found)
  throw new GridError('route.not_found', `the scripted controller has no ${called}`)
}

const match = (scripted: ScriptedController, id: string): ScriptedNode | undefined =>
  [...scripted.nodes.values()].find(({ label: given }) => given === id) ?? scripted.nodes.get(id)

function find(scripted: ScriptedController, id: string): ScriptedNode {
  const found = match(scripted, id)
  if (!found) throw new GridError('node.not_found', `no node ${id}`)
  return found
}

const entryOf = ({ node, name, uid, ready, label: id, labels = {}, cordonedBy }: ScriptedNode): JsonObject => ({
  node: { ...node, id: id ?? node.id } as unknown as JsonObject,
  kubernetes: {
    name,
    uid,
    ready,
    schedulable: cordonedBy === undefined,
    labels: id === null ? labels : { ...labels, nodeID: id },
  },
})

function list(scripted: ScriptedController, query: URLSearchParams): Json {
  const all = [...scripted.nodes.values()]
  const from = Number(query.get('cursor') ?? 0)
  const to = from + Number(query.get('limit') ?? 100)
  return { nodes: all.slice(from, to).map(entryOf), next_cursor: to < all.length ? String(to) : null }
}

function label(scripted: ScriptedController, id: string): Json {
  const found = match(scripted, id)
  if (!found) throw new GridError('node.not_in_cluster', `Kubernetes has no node ${id}`)
  found.label ??= id
  return entryOf(found)
}

function issue(scripted: ScriptedController, body: JsonObject): Json {
  scripted.tokens.set(String(body.task_id), { token: canaryToken, seconds: Number(body.seconds) })
  const api_server = scripted.caHash === null ? null : { host: apiHost, ca_cert_hash: `sha256:${scripted.caHash}` }
  return { token: canaryToken, expires_at: '2030-01-01T00:20:00.000Z', api_server }
}

function remove(scripted: ScriptedController, id: string, uid: string | null): Json {
  const found = match(scripted, id)
  if (!found) return { removed: false }
  if (found.uid !== uid) return { removed: false }
  scripted.nodes.delete(found.name)
  return { removed: true }
}

function cordon(found: ScriptedNode, { task_id, uid }: JsonObject): Json {
  if (uid !== found.uid) throw new GridError('node.not_found', `node ${found.name} is another one than before`)
  if (found.cordonedBy === undefined) found.cordonedBy = String(task_id)
  return { uid: found.uid, holder: found.cordonedBy }
}

function uncordon(found: ScriptedNode, { task_id }: JsonObject): Json {
  if (found.cordonedBy === task_id) delete found.cordonedBy
  return { uncordoned: found.cordonedBy === undefined }
}

/** Pods behind a budget stay; the others are asked to go, and are gone the next time. */
function drain(found: ScriptedNode): Json {
  const remaining = found.pods.map(({ namespace, name }) => ({ namespace, name }))
  const blocked = found.pods.flatMap(({ budget, ...pod }) =>
    budget === undefined ? [] : [{ ...pod, budget, reason: 'budget' }],
  )
  found.pods = found.pods.filter(({ budget }) => budget !== undefined)
  return { remaining, blocked }
}

/** Makes a cluster one whose controller proved who it is. */
export async function enrolController(clusters: ClusterStore, id: StoredCluster['cluster']['id']): Promise<void> {
  const stored = await clusters.findOutline(id)
  await clusters.writeSystem(id, stored?.version ?? 0, {
    controllerKey: { kty: 'OKP', crv: 'Ed25519', kid: 'k1', x: 'x' },
    urlMap: { controllerService: 'http://west.example:32300' },
  })
}
