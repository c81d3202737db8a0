import { splitKey, textAt, treeAt } from '../object.ts'
import type { Controller, ControllerContext } from './runner.ts'

const storeKey = 'persistentvolumeclaims'
const volumes = 'persistentvolumes'
const manager = 'simulated-provisioner'

/** Gives each claim of a known StorageClass a volume of the size it asks for, and takes the volume away with the claim. */
export function volumeClaimController(context: ControllerContext): Controller {
  const { objects, store } = context
  return {
    name: 'volume-claim',
    keysOf(change) {
      if (change.storeKey === storeKey) return [`${change.object.metadata.namespace}/${change.object.metadata.name}`]
      return []
    },
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const claim = store.get(storeKey, namespace, name)
      if (!claim) {
        for (const volume of store.list(volumes))
          if (
            textAt(volume, 'spec', 'claimRef', 'namespace') === namespace &&
            textAt(volume, 'spec', 'claimRef', 'name') === name &&
            textAt(volume, 'spec', 'persistentVolumeReclaimPolicy') === 'Delete'
          )
            objects.delete(objects.resources.get(volumes), undefined, volume.metadata.name)
        return undefined
      }
      const storageClass = store.get(
        'storageclasses.storage.k8s.io',
        undefined,
        textAt(claim, 'spec', 'storageClassName'),
      )
      if (textAt(claim, 'status', 'phase') === 'Bound' || !storageClass || claim.metadata.deletionTimestamp)
        return undefined
      const volumeName = textAt(claim, 'spec', 'volumeName') || `pvc-${claim.metadata.uid}`
      const capacity = { storage: textAt(claim, 'spec', 'resources', 'requests', 'storage') }
      const accessModes = treeAt(claim, 'spec').accessModes
      if (!store.get(volumes, undefined, volumeName)) {
        const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid: claim.metadata.uid }
        const policy = {
          persistentVolumeReclaimPolicy: storageClass.reclaimPolicy,
          storageClassName: storageClass.metadata.name,
          volumeMode: 'Filesystem',
        }
        objects.create(
          objects.resources.get(volumes),
          undefined,
          { metadata: { name: volumeName }, spec: { capacity, accessModes, claimRef, ...policy } },
          { manager },
        )
      }
      objects.mutate(
        storeKey,
        claim,
        (draft) => {
          draft.spec = { ...treeAt(draft, 'spec'), volumeName }
        },
        { manager },
      )
      objects.mutate(
        storeKey,
        claim,
        (draft) => {
          draft.status = { phase: 'Bound', accessModes, capacity }
        },
        { manager, subresource: 'status' },
      )
      return undefined
    },
  }
}
