import { isTree, type KubeObject, textAt, treeAt, treesAt } from '../object.ts'
import { type Resources, storeKeyOf } from '../resources.ts'
import { resourcesOf } from '../schema/custom.ts'
import { withCondition } from '../shapes.ts'
import type { Store } from '../store.ts'
import type { Controller, ControllerContext } from './runner.ts'

const storeKey = 'customresourcedefinitions.apiextensions.k8s.io'

/** Serves what the stored definitions define, at once with each change; returns what ends that. */
export function serveDefinitions(store: Store, resources: Resources): () => void {
  const serve = (definition: KubeObject): void => resources.setCustom(definition.metadata.name, resourcesOf(definition))
  for (const definition of store.list(storeKey)) serve(definition)
  return store.subscribe((change) => {
    if (change.storeKey !== storeKey) return
    if (change.type === 'DELETED') resources.setCustom(change.object.metadata.name, [])
    else serve(change.object)
  })
}

/** The finalizer that keeps a definition until its objects are gone. */
const cleanup = 'customresourcecleanup.apiextensions.k8s.io'

/** Reports definitions as established, and removes their objects before they go. */
export function definitionController({ objects, store }: ControllerContext): Controller {
  const write = { manager: 'simulated-apiserver' }
  return {
    name: 'definition',
    keysOf(change) {
      if (change.storeKey === storeKey) return [change.object.metadata.name]
      return change.type === 'DELETED' && store.get(storeKey, undefined, change.storeKey) ? [change.storeKey] : []
    },
    reconcile(name) {
      const definition = store.get(storeKey, undefined, name)
      if (!definition) return undefined
      if (definition.metadata.deletionTimestamp) {
        removeObjects(definition)
        return undefined
      }
      if (!definition.metadata.finalizers?.includes(cleanup))
        objects.mutate(
          storeKey,
          definition,
          (draft) => {
            draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), cleanup]
          },
          write,
        )
      objects.mutate(storeKey, definition, (draft) => establish(draft, objects.now()), {
        ...write,
        subresource: 'status',
      })
      return undefined
    },
  }

  function removeObjects(definition: KubeObject): void {
    const [resource] = resourcesOf(definition)
    const left = resource ? store.list(storeKeyOf(resource)) : []
    for (const object of left)
      if (resource && !object.metadata.deletionTimestamp)
        objects.delete(resource, object.metadata.namespace, object.metadata.name)
    if (resource && store.list(storeKeyOf(resource)).length > 0) return
    objects.mutate(
      storeKey,
      definition,
      (draft) => {
        draft.metadata.finalizers = draft.metadata.finalizers?.filter((each) => each !== cleanup)
      },
      write,
    )
  }
}

function establish(draft: KubeObject, now: string): void {
  const names = { type: 'NamesAccepted', status: 'True' as const, reason: 'NoConflicts', message: 'no conflicts found' }
  const established = {
    type: 'Established',
    status: 'True' as const,
    reason: 'InitialNamesAccepted',
    message: 'the initial names have been accepted',
  }
  const status = isTree(draft.status) ? draft.status : {}
  const conditions = withCondition(withCondition(treesAt(status, 'conditions') as never, names, now), established, now)
  const stored = treesAt(draft, 'spec', 'versions').find((version) => version.storage === true)
  draft.status = {
    ...status,
    conditions,
    acceptedNames: treeAt(draft, 'spec', 'names'),
    storedVersions: [textAt(stored, 'name')],
  }
}
