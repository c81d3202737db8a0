import { type KubeObject, splitKey, textAt, treeAt } from '../object.ts'
import type { Controller, ControllerContext } from './runner.ts'

const storeKey = 'persistentvolumeclaims'
const volumes = 'persistentvolumes'
const manager = 'simulated-provisioner'

/** Gives each claim of a known StorageClass a volume of the size it asks for, and takes the volume away with the claim. */
export function volumeClaimController(context: ControllerContext): Controller {
  const { store } = context
  return {
    name: 'volume-claim',
    keysOf: (change) =>
      change.storeKey === storeKey ? [`${change.object.metadata.namespace}/${change.object.metadata.name}`] : [],
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const claim = store.get(storeKey, namespace, name)
      if (!claim) removeVolumes(context, namespace, name)
      else if (textAt(claim, 'status', 'phase') !== 'Bound' && !claim.metadata.deletionTimestamp) bind(context, claim)
      return undefined
    },
  }
}

function removeVolumes({ objects, store }: ControllerContext, namespace: string | undefined, name: string): void {
  for (const volume of store.list(volumes)) {
    const claim = treeAt(volume, 'spec', 'claimRef')
    const isReclaimed = textAt(volume, 'spec', 'persistentVolumeReclaimPolicy') === 'Delete'
    if (claim.namespace === namespace && claim.name === name && isReclaimed)
      objects.delete(objects.resources.get(volumes), undefined, volume.metadata.name)
  }
}

function bind({ objects, store }: ControllerContext, claim: KubeObject): void {
  const storageClass = store.get('storageclasses.storage.k8s.io', undefined, textAt(claim, 'spec', 'storageClassName'))
  if (!storageClass) return
  const volumeName = textAt(claim, 'spec', 'volumeName') || `pvc-${claim.metadata.uid}`
  const capacity = { storage: textAt(claim, 'spec', 'resources', 'requests', 'storage') }
  const accessModes = treeAt(claim, 'spec').accessModes
  if (!store.get(volumes, undefined, volumeName)) {
    const { namespace, name, uid } = claim.metadata
    const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid }
    const policy = {
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      volumeMode: 'Filesystem',
    }
    const body = { metadata: { name: volumeName }, spec: { capacity, accessModes, claimRef, ...policy }, status: {} }
    objects.create(objects.resources.get(volumes), undefined, body, { manager })
  }
  const bindClaim = (draft: KubeObject): void => {
    draft.spec = { ...treeAt(draft, 'spec'), volumeName }
  }
  const report = (draft: KubeObject): void => {
    draft.status = { phase: 'Bound', accessModes, capacity }
  }
  objects.mutate(storeKey, claim, bindClaim, { manager })
  objects.mutate(storeKey, claim, report, { manager, subresource: 'status' })
}
