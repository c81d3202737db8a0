import { namespaces } from '@gridgate/kube/components/names'
import { type Followed, follow } from '@gridgate/kube/follow'
import { kinds } from '@gridgate/kube/kinds'
import type { ControllerPorts } from '../controller-ports.ts'
import { type KeptNode, keepNode, type NodeHealth } from '../node/node-health.ts'
import { type FailedPod, FailureHistory, type KeptPod, keepPod } from './failed-pods.ts'

/** Most nodes and pods that are remembered: about 1 kB each. */
const nodesMax = 10_000
const podsMax = 20_000

/** What the cluster's nodes and blocks are like now, kept up to date by watches (spec/cluster-controller.md §7). */
export interface Scanner {
  /** @throws {GridError} `service.unavailable`, `kube.unreachable`: never "no nodes" for "not known" */
  nodes(): NodeHealth[]
  /** @throws {GridError} as `nodes` */
  failedPods(now: Date): FailedPod[]
  isTruncated(): boolean
  /** Seconds since the API server last said anything, of the older of the two watches; null before it did. */
  ageSeconds(): number | null
  readonly done: Promise<void>
}

/** Starts to follow nodes and the pods of blocks, until the signal ends it. */
export function startScanner({ kube, clock }: Pick<ControllerPorts, 'kube' | 'clock'>, signal: AbortSignal): Scanner {
  const common = { now: () => clock.now(), signal }
  const nodes = follow<KeptNode>(kube, kinds.node, { ...common, keep: keepNode, itemsMax: nodesMax })
  const { blocks: namespace } = namespaces
  const pods = follow<KeptPod>(kube, kinds.pod, { ...common, namespace, keep: keepPod, itemsMax: podsMax })
  return scannerOf(nodes, pods)
}

function scannerOf(nodes: Followed<KeptNode>, pods: Followed<KeptPod>): Scanner {
  const history = new FailureHistory()
  return {
    nodes() {
      nodes.requireFresh()
      const found = [...nodes.items().values()].map(({ health }) => health)
      return found.toSorted((a, b) => a.node_id.localeCompare(b.node_id))
    },
    failedPods(now) {
      nodes.requireFresh()
      pods.requireFresh()
      return history.look(pods.items(), (name) => nodes.items().get(`/${name}`)?.isLost === true, now)
    },
    isTruncated: () => nodes.isTruncated() || pods.isTruncated(),
    ageSeconds() {
      const [ofNodes, ofPods] = [nodes.ageSeconds(), pods.ageSeconds()]
      return ofNodes === null || ofPods === null ? null : Math.max(ofNodes, ofPods)
    },
    done: Promise.all([nodes.done, pods.done]).then(() => undefined),
  }
}
