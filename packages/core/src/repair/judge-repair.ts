import { z } from 'zod'
import type { SurveyNode } from '../action/survey.ts'

/** The node whose instance is repaired, and its pool, as they were when the repair was ordered. */
export const RepairBefore = z.object({
  name: z.string(),
  uid: z.string(),
  provider_id: z.string().nullable(),
  region: z.string().nullable(),
  boot_id: z.string().nullable(),
  /** As many as the best node of the pool has. */
  accelerators: z.number().int(),
  /** Of the youngest node of the pool, by the cluster's own clock. */
  newest_at: z.string().nullable(),
  expected_nodes: z.number().int(),
  is_atomic: z.boolean(),
})
export type RepairBefore = z.infer<typeof RepairBefore>

/** What a look at the pool says of a repair. */
export interface RepairSight {
  /** All that was lost is there again. It must stay so for a while before the repair counts as verified. */
  isWhole: boolean
  /** Nodes that came after the order. */
  arrived: SurveyNode[]
  /** In words, what is there and what is missing. */
  detail: string
}

/**
 * Judges a repair by what Kubernetes shows: another boot or another node in place of the old one, ready, with as many
 * accelerators, and as many nodes as before (spec/failover.md §16.9, §18). That the order was taken proves nothing.
 */
export function judgeRepair(
  effect: 'reboot' | 'replace',
  before: RepairBefore,
  nodes: readonly SurveyNode[],
): RepairSight {
  const arrived = nodes.filter((node) => isYounger(node, before))
  const reborn = nodes.filter((node) => {
    const hasBooted = before.boot_id !== null && node.boot_id !== null && node.boot_id !== before.boot_id
    const isSameName = node.name === before.name
    return (isSameName && hasBooted) || (arrived.includes(node) && (isSameName || effect === 'replace'))
  })
  const isOldThere = nodes.some(({ uid, boot_id }) => uid === before.uid && boot_id === before.boot_id)
  const isWell = (node: SurveyNode): boolean => node.ready && node.accelerators >= before.accelerators
  const well = before.is_atomic ? nodes.filter(isWell) : reborn.filter(isWell)
  const wanted = before.is_atomic ? before.expected_nodes : 1
  const isComplete = nodes.length >= before.expected_nodes
  return {
    isWhole: !isOldThere && reborn.length > 0 && well.length >= wanted && isComplete,
    arrived,
    detail: [
      `${isOldThere ? `${before.name} is as it was` : `${before.name} has gone or booted`}`,
      `${well.length} of ${wanted} nodes ready with ${before.accelerators} accelerators`,
      `${nodes.length} of ${before.expected_nodes} nodes there`,
    ].join('; '),
  }
}

const isYounger = ({ created_at, uid }: SurveyNode, { newest_at, uid: old }: RepairBefore): boolean =>
  uid !== old && created_at !== null && (newest_at === null || created_at > newest_at)
