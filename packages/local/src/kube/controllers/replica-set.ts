import { splitKey } from '../object.ts'
import { isActive, isReady, type Pod, type Workload } from '../shapes.ts'
import { recordEvent } from './events.ts'
import { createPod, keysOfOwned, ownedBy, removePod } from './ownership.ts'
import type { Controller, ControllerContext } from './runner.ts'

const storeKey = 'replicasets.apps'
const manager = 'kube-controller-manager'

/** Keeps as many pods as each ReplicaSet wishes. */
export function replicaSetController(context: ControllerContext): Controller {
  const { objects, store } = context
  const tell = (reason: string, message: string, set: Workload): void =>
    recordEvent(context, set, { type: 'Normal', reason, message, source: 'replicaset-controller' })
  return {
    name: 'replica-set',
    keysOf: (change) => keysOfOwned(change, storeKey, 'ReplicaSet'),
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const set = store.get(storeKey, namespace, name) as Workload | undefined
      if (!set) return undefined
      const active = ownedBy<Pod>(store, 'pods', set).filter(isActive)
      const wanted = set.spec.replicas ?? 1
      if (!set.metadata.deletionTimestamp) {
        for (let missing = wanted - active.length; missing > 0; missing -= 1) {
          const pod = createPod(context, set, set.spec.template, manager)
          tell('SuccessfulCreate', `Created pod: ${pod.metadata.name}`, set)
        }
        for (const pod of active.toSorted(byWorth).slice(0, Math.max(0, active.length - wanted))) {
          removePod(context, pod)
          tell('SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, set)
        }
      }
      const now = ownedBy<Pod>(store, 'pods', set).filter(isActive)
      const ready = now.filter(isReady).length
      const status = {
        replicas: now.length,
        fullyLabeledReplicas: now.length,
        readyReplicas: ready,
        availableReplicas: ready,
        observedGeneration: set.metadata.generation,
      }
      objects.mutate<Workload>(
        storeKey,
        set,
        (draft) => {
          draft.status = { ...draft.status, ...status }
        },
        { manager, subresource: 'status' },
      )
      return undefined
    },
  }
}

/** Those that are missed least come first: without a node, not ready, younger. */
function byWorth(a: Pod, b: Pod): number {
  return (
    Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp)
  )
}
