import { type Tree, textAt, treeAt, treesAt } from '../object.ts'
import { labelSelector } from '../selectors.ts'
import type { Node, Pod } from '../shapes.ts'

const required = 'requiredDuringSchedulingIgnoredDuringExecution'

/** Where pods run, by which affinity is judged. */
export interface Placement {
  nodes: readonly Node[]
  /** Pods that have a node. */
  pods: readonly Pod[]
  /** The same pods by the name of their node. */
  byNode: ReadonlyMap<string, readonly Pod[]>
}

/** Why affinity to other pods keeps a pod off a node, in the scheduler's words; null when it does not. */
export function affinityReason(node: Node, pod: Pod, placement: Placement): string | null {
  const terms = (of: Pod, kind: string): Tree[] => treesAt(treeAt(of.spec.affinity, kind), required)
  if (terms(pod, 'podAntiAffinity').some((term) => matching(node, pod, term, placement).length > 0))
    return "node(s) didn't match pod anti-affinity rules"
  const repels = (other: Pod): boolean =>
    terms(other, 'podAntiAffinity').some((term) => {
      const home = placement.nodes.find((each) => each.metadata.name === other.spec.nodeName)
      return home !== undefined && isNear(home, node, term) && selects(term, other, pod)
    })
  if (placement.pods.some(repels)) return "node(s) didn't satisfy existing pods anti-affinity rules"
  const isLonely = (term: Tree): boolean =>
    // The first of a group that is bound to itself may run anywhere.
    matching(node, pod, term, placement).length === 0 &&
    !(selects(term, pod, pod) && !placement.pods.some((other) => selects(term, pod, other)))
  return terms(pod, 'podAffinity').some(isLonely) ? "node(s) didn't match pod affinity rules" : null
}

/** The pods in the node's topology that a term selects. */
function matching(node: Node, pod: Pod, term: Tree, { nodes, pods }: Placement): Pod[] {
  const near = new Set(nodes.filter((each) => isNear(each, node, term)).map((each) => each.metadata.name))
  return pods.filter((other) => near.has(other.spec.nodeName ?? '') && selects(term, pod, other))
}

function isNear(a: Node, b: Node, term: Tree): boolean {
  const key = textAt(term, 'topologyKey')
  const zone = a.metadata.labels?.[key]
  return zone !== undefined && zone === b.metadata.labels?.[key]
}

function selects(term: Tree, owner: Pod, other: Pod): boolean {
  const namespaces = Array.isArray(term.namespaces) ? term.namespaces : [owner.metadata.namespace]
  return namespaces.includes(other.metadata.namespace) && labelSelector(term.labelSelector)(other.metadata.labels ?? {})
}
