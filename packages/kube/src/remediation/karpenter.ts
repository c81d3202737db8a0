import { GridError } from '@gridgate/core/errors'
import type { InstanceView } from '@gridgate/core/repair/instances'
import { collect } from '../collect.ts'
import { kinds } from '../kinds.ts'
import { type KubernetesObject, listAt, referenceOf, textAt } from '../object.ts'
import type { MachineSystem } from './machine-system.ts'
import { onlyOne } from './only-one.ts'

/** On a NodeClaim itself; what a node carries of the same name, somebody else may have written. */
const poolLabel = 'karpenter.sh/nodepool'

/**
 * Karpenter, also that of EKS Auto Mode: each node has a NodeClaim, and deleting it drains the node and ends the instance.
 * Another one starts once pods wait for it, or to keep up the replicas of a static NodePool.
 */
export const karpenter: MachineSystem = {
  name: 'Karpenter',

  async find(client, { node_name, provider_id }, node) {
    if (!(await client.serves(kinds.nodeClaim)))
      throw new GridError('provider.unsupported', 'there is no Karpenter on the cluster: it has no NodeClaims (v1)')
    const claims = await collect(client, kinds.nodeClaim, {}, (claim) => {
      const name = textAt(claim, 'status', 'nodeName') ?? node_name
      return textAt(claim, 'status', 'providerID') === provider_id && name === node_name ? claim : null
    })
    const claim = onlyOne(claims, node_name)
    // Karpenter removes a node before its NodeClaim, so a node without one was never its own.
    if (claim === null && node !== null)
      throw new GridError('provider.unsupported', `node ${node_name} is not one of Karpenter: it has no NodeClaim`)
    return claim
  },

  place: (claim) => poolOf(claim) ?? '',
  group: (claim) => groupOf(poolOf(claim)),

  state(claim) {
    if (claim.metadata.deletionTimestamp !== undefined) return 'ending'
    const isInitialized = listAt(claim, 'status', 'conditions').some(
      (one) => textAt(one, 'type') === 'Initialized' && textAt(one, 'status') === 'True',
    )
    return isInitialized ? 'running' : 'starting'
  },

  // It belongs to an allowed NodePool, or would not have been found.
  async requireReplaceable() {},

  async replace(client, claim) {
    try {
      const isThere = await client.remove(referenceOf(claim), { uid: claim.metadata.uid ?? '' })
      return isThere ? 'accepted' : 'already'
    } catch (error) {
      // Another one has its name by now.
      if (error instanceof GridError && error.code === 'kube.conflict') return 'already'
      throw error
    }
  },
}

const poolOf = (claim: KubernetesObject): string | undefined => claim.metadata.labels?.[poolLabel]

const groupOf = (name: string | undefined): InstanceView['group'] =>
  name === undefined ? null : { kind: 'node_pool', name }
