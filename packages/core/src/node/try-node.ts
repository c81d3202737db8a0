import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import { ClusterNode, NodeId } from '../cluster/cluster-node.ts'
import type { Asker } from '../cluster/guard-document.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import type { Json } from '../json.ts'
import { type LevelAnswer, type PreCheckAnswer, type TrialPorts, tryPreCheck } from '../policy/try-pre-check.ts'
import type { Needs } from '../ports.ts'
import { nodeIn, nodeNotFound } from './change-nodes.ts'
import { acceptNode, additionCheck, removalCheck } from './guard-node.ts'
import { readNodeBody } from './read-node.ts'

const answer = { success: z.literal(true), allowed: z.boolean(), message: z.string().optional().describe('why not') }

/** The documented answers of `/pre-checks/add-node` and `/pre-checks/remove-node` (spec/gateway-api.md §9). */
export const AdditionAnswer = z.object({
  ...answer,
  node_data: ClusterNode.optional().describe('as it would be added'),
})
export const RemovalAnswer = z.object({ ...answer, node_id: NodeId })

/** The documented answer of a dry run: what the network's policy returned, and what the cluster would answer. */
const dryRunOf = <Subject extends z.ZodType>(cluster: Subject) =>
  z.object({
    ...answer,
    data: z.object({ allowed: z.boolean(), input_data: z.json() }).describe("the verdict of the network's policy"),
    cluster_response: cluster.nullable().describe("null where the cluster's policy was not asked"),
  })
export const AdditionDryRun = dryRunOf(AdditionAnswer)
export const RemovalDryRun = dryRunOf(RemovalAnswer)

type TryPorts = Needs<'clusters' | 'summaries'> & TrialPorts

/** What the policies said about one node, and how a level's answer is told. */
interface Tried<Answer> {
  said: PreCheckAnswer
  tell(level: LevelAnswer): Answer
  /** The part of a policy's input that is about the node. */
  subject(level: LevelAnswer & { allowed: true }): Json
}

/** What both policies would say to a node; nothing is changed. @throws {GridError} `cluster.not_found`, `request.invalid`, the `policy.*` codes */
export async function tryAddition(
  ports: TryPorts,
  clusterId: ClusterId,
  body: Readonly<Record<string, unknown>>,
  asker: Asker,
): Promise<Tried<z.infer<typeof AdditionAnswer>>> {
  const { node } = readNodeBody(body, clusterId)
  const question = { ...asker, stored: await readCluster(ports, clusterId) }
  const said = await tryPreCheck(ports, await additionCheck(ports, question, node))
  return {
    said,
    tell: (level) =>
      level.allowed
        ? { success: true, allowed: true, node_data: acceptNode(question, node, level.input.node_data) }
        : { success: true, allowed: false, message: level.reason },
    subject: ({ input }) => ({ node_data: input.node_data ?? null }),
  }
}

/** What both policies would say to the removal of a node; nothing is changed. @throws {GridError} also `node.not_found` */
export async function tryRemoval(
  ports: TryPorts,
  clusterId: ClusterId,
  nodeId: NodeId,
  asker: Asker,
): Promise<Tried<z.infer<typeof RemovalAnswer>>> {
  const stored = await readCluster(ports, clusterId)
  if (!nodeIn(stored.cluster, nodeId)) throw nodeNotFound(clusterId, nodeId)
  const said = await tryPreCheck(ports, await removalCheck(ports, { ...asker, stored }, nodeId))
  return {
    said,
    tell: (level) =>
      level.allowed
        ? { success: true, allowed: true, node_id: nodeId }
        : { success: true, allowed: false, message: level.reason, node_id: nodeId },
    subject: ({ input }) => ({ node_id: input.node_id ?? null }),
  }
}

/** The answer of both levels as one. */
export const answerOf = <Answer>({ said, tell }: Tried<Answer>): Answer => tell(said.cluster ?? said.network)

/** The same, level by level. */
export function dryRunAnswer<Answer>({ said, tell, subject }: Tried<Answer>) {
  const { network, cluster } = said
  const last = cluster ?? network
  return {
    success: true as const,
    allowed: last.allowed,
    ...(last.allowed ? {} : { message: last.reason }),
    data: { allowed: network.allowed, input_data: network.allowed ? subject(network) : network.reason },
    cluster_response: cluster && tell(cluster),
  }
}
