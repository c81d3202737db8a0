import { z } from 'zod'
import { Amount, ClusterNode, Count, resources, Tags } from './cluster-node.ts'

/** Most nodes of one cluster. */
export const nodesMax = 5000

/** A lower-case DNS label of at most 48 characters, because suffixes are added to it (spec/decisions.md 11). */
export const ClusterId = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,46}[a-z0-9])?$/, 'must be a lower-case DNS label of at most 48 characters')
  .brand('ClusterId')
export type ClusterId = z.infer<typeof ClusterId>

const ClusterConfig = z.looseObject({
  publicHostname: z.string().max(253).optional(),
  useGateway: z.boolean().optional(),
  policyExecutorId: z.string().optional(),
  policyExecutionMode: z.string().optional(),
  actionsPolicyMap: z.looseObject({}).optional(),
  allowExternalNodes: z.boolean().optional(),
  stabilityChecker: z.looseObject({}).optional(),
  clusterMetricsCollectInterval: z.number().positive().optional().describe('seconds'),
  certHash: z.string().optional(),
  localNetworkHostName: z.string().optional(),
  secondaryIPs: z.record(z.string(), z.string()).optional(),
  urlMap: z.looseObject({}).optional().describe('written by the system'),
})

const ClusterNodes = z
  .looseObject({
    count: Count.optional(),
    nodeData: z.array(ClusterNode).max(nodesMax).optional(),
  })
  .superRefine((nodes, context) => {
    const misspelt = Object.keys(nodes).find((key) => key !== 'nodeData' && /^nodes?_?datas?$/i.test(key))
    if (misspelt !== undefined)
      context.addIssue({
        code: 'custom',
        path: [misspelt],
        message: `is not a known field; did you mean nodeData? Write nodes.nodeData instead of nodes.${misspelt}`,
      })
    else if (nodes.count === undefined && nodes.nodeData === undefined)
      context.addIssue({ code: 'custom', message: 'needs nodeData or count' })
    const seen = new Set<string>()
    for (const [index, { id }] of nodes.nodeData?.entries() ?? []) {
      if (seen.has(id))
        context.addIssue({ code: 'custom', path: ['nodeData', index, 'id'], message: `node ${id} is there twice` })
      seen.add(id)
    }
  })

/**
 * The cluster document (spec/clusters-and-nodes.md §1). Fields that are not named here are kept, at every level.
 * Totals are optional; `settleTotals` computes them from the nodes.
 */
export const Cluster = z.looseObject({
  id: ClusterId,
  regionId: z.string().min(1).max(256),
  status: z.string().max(256).optional(),
  nodes: ClusterNodes,
  gpus: z
    .looseObject({
      count: Count.optional(),
      memory: Amount.optional().describe('MB, all GPUs together'),
      modelNames: Tags.optional(),
    })
    .optional(),
  ...resources,
  config: ClusterConfig.default({}),
  tags: Tags.default([]),
  clusterMetadata: z.looseObject({}).default({}),
  reputation: Amount.optional().describe('0 to 100 by convention; not used by the system'),
})
export type Cluster = z.infer<typeof Cluster>
