import { z } from 'zod'

/** Largest amount of a node, and of all of a cluster together: an exabyte, in megabytes. */
export const amountMax = 1e12
const tooLarge = `must not be larger than ${amountMax}`

/** Sizes are whole or broken megabytes, rates megabits per second (spec/clusters-and-nodes.md §1). */
export const Amount = z.number().nonnegative('must not be negative').max(amountMax, tooLarge)
export const Count = z
  .number()
  .int('must be a whole number')
  .nonnegative('must not be negative')
  .max(amountMax, tooLarge)

const labelMax = 63
const entriesMax = 1000

/** A Kubernetes label value, because the node is found by its label `nodeID` (spec/decisions.md 11). */
export const NodeId = z
  .string()
  .max(labelMax)
  .regex(
    /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
    'must be 1 to 63 letters, digits, dashes, dots or underscores, a letter or digit at both ends',
  )
  .brand('NodeId')
export type NodeId = z.infer<typeof NodeId>

export const Tags = z.array(z.string().max(1024)).max(entriesMax)

/** The resources of a node, and as totals of a cluster. Fields that are not named here are kept as they are. */
export const resources = {
  vcpus: z.looseObject({ count: Amount.optional() }).optional(),
  memory: Amount.optional().describe('MB'),
  swap: Amount.optional().describe('MB'),
  storage: z.looseObject({ disks: Count.optional(), size: Amount.optional().describe('MB') }).optional(),
  network: z
    .looseObject({
      interfaces: Count.optional(),
      txBandwidth: Amount.optional().describe('Mbit/s'),
      rxBandwidth: Amount.optional().describe('Mbit/s'),
    })
    .optional(),
}

/** A node document, an element of `nodes.nodeData` (spec/clusters-and-nodes.md §2). Unknown fields are kept. */
export const ClusterNode = z.looseObject({
  id: NodeId,
  gpus: z
    .looseObject({
      count: Count.optional(),
      memory: Amount.optional().describe('MB, all GPUs together'),
      gpus: z
        .array(z.looseObject({ modelName: z.string().optional(), memory: Amount.optional() }))
        .max(entriesMax)
        .optional(),
      modelNames: Tags.optional(),
      features: Tags.optional(),
    })
    .optional(),
  ...resources,
  tags: Tags.optional(),
  nodeMetadata: z.looseObject({}).optional(),
})
export type ClusterNode = z.infer<typeof ClusterNode>
