import type { ClusterId } from '../cluster/cluster.ts'
import { ClusterNode } from '../cluster/cluster-node.ts'
import { dropCredentials } from '../cluster/credentials.ts'
import { type BodyProblem, invalidBody, problemsOf } from '../cluster/invalid-document.ts'
import { GridError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Warning } from '../warning.ts'

/** Largest node document, in bytes of JSON: a joining one waits on its task, and a task is one row. */
export const nodeBytesMax = 128 * 1024

/** A node that may be stored, and what is worth saying about how it came to be. */
export interface ReadNode {
  node: ClusterNode
  warnings: Warning[]
}

/**
 * Makes a submitted node document one that may be stored: `nodeId` is read as `id`, credentials are left out, everything is
 * validated. It may say which cluster it is for, but not another one.
 * @param pointer JSON pointer of the document in the request's body
 * @throws {GridError} `request.invalid` with a pointer for each problem, `cluster.too_large`
 */
export function readNode(submitted: unknown, clusterId: ClusterId, pointer = ''): ReadNode {
  if (!isObject(submitted)) throw invalidBody([{ pointer, detail: 'must be the node document' }])
  const document = withId(submitted, pointer)
  refuseOtherCluster(document, clusterId, pointer)
  const clean = withoutCredentials(document, pointer)
  const parsed = ClusterNode.safeParse(clean.document)
  if (!parsed.success) throw invalidBody(problemsOf(parsed.error).map((problem) => below(pointer, problem)))
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data))
  if (bytes > nodeBytesMax)
    throw new GridError('cluster.too_large', `the node takes ${bytes} bytes; at most ${nodeBytesMax} can be kept`, {
      details: { bytes, bytes_max: nodeBytesMax },
    })
  return { node: parsed.data, warnings: clean.warnings }
}

/** The document in a body that is the node itself, or holds it under `nodeData` as the parser's does (spec/clusters-and-nodes.md §6). */
export function readNodeBody(body: Readonly<Record<string, unknown>>, clusterId: ClusterId, pointer = ''): ReadNode {
  refuseOtherCluster(body, clusterId, pointer)
  return Object.hasOwn(body, 'nodeData')
    ? readNode(body.nodeData, clusterId, `${pointer}/nodeData`)
    : readNode(body, clusterId, pointer)
}

/** `nodeId` is an old spelling of `id` (spec/decisions.md 11). */
function withId(submitted: Readonly<Record<string, unknown>>, pointer: string): Record<string, unknown> {
  if (!Object.hasOwn(submitted, 'nodeId')) return { ...submitted }
  const { nodeId, ...rest } = submitted
  if (rest.id !== undefined && rest.id !== nodeId)
    throw invalidBody([{ pointer: `${pointer}/nodeId`, detail: 'differs from id, which means the same' }])
  return { ...rest, id: nodeId }
}

function refuseOtherCluster(document: Readonly<Record<string, unknown>>, clusterId: ClusterId, pointer: string): void {
  for (const name of ['clusterId', 'cluster_id'])
    if (Object.hasOwn(document, name) && document[name] !== clusterId)
      throw invalidBody([{ pointer: `${pointer}/${name}`, detail: `names another cluster than ${clusterId}` }])
}

const documented: ReadonlySet<string> = new Set(Object.keys(ClusterNode.shape))

/** Looks where people write freely: the metadata and fields that are not documented (spec/decisions.md 14). */
function withoutCredentials(submitted: Readonly<Record<string, unknown>>, pointer: string) {
  const free = Object.entries(submitted).filter(([name]) => !documented.has(name) || name === 'nodeMetadata')
  const { kept, warnings } = dropCredentials(Object.fromEntries(free), pointer)
  const others = Object.entries(submitted).filter(([name]) => documented.has(name) && name !== 'nodeMetadata')
  return { document: { ...Object.fromEntries(others), ...(kept as JsonObject) }, warnings }
}

const below = (pointer: string, problem: BodyProblem): BodyProblem => ({
  ...problem,
  pointer: pointer + problem.pointer,
})

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
