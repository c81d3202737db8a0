import { type KubeObject, treeAt } from '../object.ts'
import type { Pod } from '../shapes.ts'
import type { Controller, ControllerContext } from './runner.ts'

const manager = 'kube-controller-manager'

/**
 * Gives each namespace its default ServiceAccount and the cluster's certificate, and empties a namespace that is being removed
 * before it goes.
 * @param authority the cluster's CA certificate, PEM.
 */
export function namespaceController(context: ControllerContext, authority: string): Controller {
  const { store } = context
  return {
    name: 'namespace',
    keysOf(change) {
      if (change.storeKey === 'namespaces') return [change.object.metadata.name]
      const { namespace } = change.object.metadata
      const isAwaited =
        change.type === 'DELETED' || change.storeKey === 'serviceaccounts' || change.storeKey === 'configmaps'
      return namespace && isAwaited ? [namespace] : []
    },
    reconcile(name) {
      const namespace = store.get('namespaces', undefined, name)
      if (!namespace) return undefined
      if (namespace.metadata.deletionTimestamp) empty(context, namespace)
      else furnish(context, name, authority)
      return undefined
    },
  }
}

function furnish({ objects, store }: ControllerContext, namespace: string, authority: string): void {
  const wanted = [
    ['serviceaccounts', { metadata: { name: 'default' } }],
    ['configmaps', { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': authority } }],
  ] as const
  for (const [storeKey, body] of wanted)
    if (!store.get(storeKey, namespace, body.metadata.name))
      objects.create(
        objects.resources.get(storeKey),
        namespace,
        { ...body, metadata: { ...body.metadata, namespace } },
        { manager },
      )
}

function contentsOf({ store }: ControllerContext, namespace: string): { storeKey: string; object: KubeObject }[] {
  return store
    .storeKeys()
    .flatMap((storeKey) => store.list(storeKey, namespace).map((object) => ({ storeKey, object })))
}

function empty(context: ControllerContext, namespace: KubeObject): void {
  const { objects } = context
  const { name } = namespace.metadata
  // Workloads first, so that nothing makes new pods; events and accounts last.
  const order = (storeKey: string): number => (storeKey.includes('.') ? 0 : storeKey === 'pods' ? 1 : 2)
  for (const { storeKey, object } of contentsOf(context, name).sort((a, b) => order(a.storeKey) - order(b.storeKey))) {
    const resource = objects.resources.findStored(storeKey)
    const isThere = context.store.get(storeKey, name, object.metadata.name)
    if (resource && isThere && !object.metadata.deletionTimestamp)
      objects.delete(resource, name, object.metadata.name, { gracePeriodSeconds: graceOf(object) })
  }
  const left = contentsOf(context, name)
  if (left.length > 0) return
  objects.mutate(
    'namespaces',
    namespace,
    (draft) => {
      const finalizers = treeAt(draft, 'spec').finalizers
      draft.spec = { finalizers: Array.isArray(finalizers) ? finalizers.filter((each) => each !== 'kubernetes') : [] }
    },
    { manager, subresource: 'finalize' },
  )
}

const graceOf = (object: KubeObject): number | undefined =>
  object.kind === 'Pod' ? ((object as Pod).spec.terminationGracePeriodSeconds ?? 30) : undefined
