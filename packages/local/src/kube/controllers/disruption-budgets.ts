import { type KubeObject, keyOf, splitKey, treeAt } from '../object.ts'
import { labelSelector } from '../selectors.ts'
import { type Condition, isActive, isReady, type Pod, withCondition } from '../shapes.ts'
import { controllerOf, scaledCount } from './ownership.ts'
import type { Controller, ControllerContext } from './runner.ts'

const storeKey = 'poddisruptionbudgets.policy'
const manager = 'kube-controller-manager'

/** Keeps count of how many pods of each budget may be disturbed. */
export function disruptionBudgetController(context: ControllerContext): Controller {
  const { objects, store } = context
  return {
    name: 'disruption-budget',
    keysOf(change) {
      if (change.storeKey === storeKey) return [keyOf(change.object.metadata)]
      const isCounted = change.storeKey === 'pods' || change.storeKey.endsWith('.apps')
      return isCounted
        ? store.list(storeKey, change.object.metadata.namespace).map((budget) => keyOf(budget.metadata))
        : []
    },
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const budget = store.get(storeKey, namespace, name)
      if (!budget) return undefined
      const selects = labelSelector(treeAt(budget, 'spec').selector)
      const pods = (store.list('pods', namespace) as Pod[]).filter(
        (pod) => selects(pod.metadata.labels ?? {}) && isActive(pod),
      )
      const status = countsOf(context, budget, pods)
      const allowed = status.disruptionsAllowed > 0
      const condition: Condition = {
        type: 'DisruptionAllowed',
        status: allowed ? 'True' : 'False',
        reason: allowed ? 'SufficientPods' : 'InsufficientPods',
      }
      objects.mutate(
        storeKey,
        budget,
        (draft) => {
          const conditions = withCondition(
            treeAt(draft, 'status').conditions as Condition[] | undefined,
            condition,
            objects.now(),
          )
          draft.status = {
            ...treeAt(draft, 'status'),
            ...status,
            observedGeneration: budget.metadata.generation,
            conditions,
          }
        },
        { manager, subresource: 'status' },
      )
      return undefined
    },
  }
}

interface Counts {
  currentHealthy: number
  desiredHealthy: number
  disruptionsAllowed: number
  expectedPods: number
}

function countsOf({ objects, store }: ControllerContext, budget: KubeObject, pods: readonly Pod[]): Counts {
  const { minAvailable, maxUnavailable } = treeAt(budget, 'spec') as {
    minAvailable?: number | string
    maxUnavailable?: number | string
  }
  const owners = new Map(pods.map((pod) => [controllerOf(pod)?.uid, pod]))
  const wishes = [...owners].flatMap(([uid, pod]) => {
    const owner = controllerOf(pod)
    const resource = owner && objects.resources.ofKind(owner.apiVersion, owner.kind)
    const found =
      resource &&
      store
        .list(`${resource.plural}${resource.group === '' ? '' : `.${resource.group}`}`, pod.metadata.namespace)
        .find((each) => each.metadata.uid === uid)
    const replicas = found && treeAt(found, 'spec').replicas
    return typeof replicas === 'number' ? [replicas] : []
  })
  const isPlainCount = maxUnavailable === undefined && typeof minAvailable !== 'string'
  const expectedPods = isPlainCount ? pods.length : wishes.reduce((sum, each) => sum + each, 0)
  const desiredHealthy =
    maxUnavailable === undefined
      ? scaledCount(minAvailable ?? 1, expectedPods, 'up')
      : Math.max(0, expectedPods - scaledCount(maxUnavailable, expectedPods, 'up'))
  const currentHealthy = pods.filter(isReady).length
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy)
  return { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods }
}
