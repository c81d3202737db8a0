import type { ApplyObjectOptions } from '@gridgate/kube/client'
import type { Kind } from '@gridgate/kube/kinds'
import type { ListOptions } from '@gridgate/kube/listing'
import { MemoryCluster } from '@gridgate/kube/memory-cluster'
import type { KubernetesObject, ObjectReference } from '@gridgate/kube/object'

/** A cluster in memory whose workloads come up at once, and whose objects are gone the next time somebody looks. */
export class LivingCluster extends MemoryCluster {
  /** Names of workloads that never come up. */
  readonly stuck = new Set<string>()

  constructor(uid = 'uid-of-the-cluster') {
    super()
    this.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid } })
  }

  override async apply(object: KubernetesObject, options: ApplyObjectOptions = {}): Promise<KubernetesObject> {
    if (object.kind !== 'Service') return super.apply(object, options)
    return super.apply({ ...object, spec: { clusterIP: '10.0.0.1', ...(object.spec as object) } }, options)
  }

  override async get(reference: ObjectReference): Promise<KubernetesObject | null> {
    const object = await super.get(reference)
    return object && this.#withStatus(object)
  }

  override async list(kind: Kind, options: ListOptions = {}): Promise<KubernetesObject[]> {
    this.settle()
    return (await super.list(kind, options)).map((object) => this.#withStatus(object))
  }

  #withStatus(object: KubernetesObject): KubernetesObject {
    const status = this.stuck.has(object.metadata.name) ? {} : statusOf(object)
    return { ...object, metadata: { ...object.metadata, generation: 1 }, ...status }
  }
}

function statusOf({ kind }: KubernetesObject): Partial<KubernetesObject> {
  const seen = { observedGeneration: 1 }
  if (kind === 'Deployment') return { status: { ...seen, replicas: 1, updatedReplicas: 1, availableReplicas: 1 } }
  if (kind === 'DaemonSet')
    return { status: { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 } }
  if (kind === 'Namespace') return { status: { phase: 'Active' } }
  return {}
}
