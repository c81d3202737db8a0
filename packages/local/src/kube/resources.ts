import { builtinSchema } from './schema/builtin.ts'
import type { Schema } from './schema/schema.ts'

/** A served kind: where it is found, what it is called, and how its objects are built. */
export interface Resource {
  /** Empty for the core group. */
  group: string
  version: string
  plural: string
  singular: string
  kind: string
  namespaced: boolean
  shortNames: readonly string[]
  categories: readonly string[]
  /** Has a `status` that only `/status` writes. */
  hasStatus: boolean
  hasScale: boolean
  schema: Schema
  /** The kind whose defaults and checks hold; empty for kinds that only a definition describes. */
  rules: string
  /** Extra columns of a custom resource's table. */
  columns?: readonly PrinterColumn[]
  /** Comes from a CustomResourceDefinition. */
  custom: boolean
}

export interface PrinterColumn {
  name: string
  type: string
  jsonPath: string
  priority?: number
}

/** `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = (resource: Resource): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`

/** Where objects of all versions of a resource are kept: `deployments.apps`. */
export const storeKeyOf = (resource: { group: string; plural: string }): string =>
  resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`

/** plural kind scope(N|C) subresources(status,scale or -) short names, per group and version. */
const builtin = `
/v1
namespaces Namespace C status ns
nodes Node C status no
pods Pod N status po all
services Service N status svc all
serviceaccounts ServiceAccount N - sa
secrets Secret N -
configmaps ConfigMap N - cm
events Event N - ev
endpoints Endpoints N - ep
persistentvolumeclaims PersistentVolumeClaim N status pvc
persistentvolumes PersistentVolume C status pv
apps/v1
deployments Deployment N status,scale deploy all
replicasets ReplicaSet N status,scale rs all
daemonsets DaemonSet N status ds all
statefulsets StatefulSet N status,scale sts all
batch/v1
jobs Job N status all
policy/v1
poddisruptionbudgets PodDisruptionBudget N status pdb
rbac.authorization.k8s.io/v1
roles Role N -
rolebindings RoleBinding N -
clusterroles ClusterRole C -
clusterrolebindings ClusterRoleBinding C -
networking.k8s.io/v1
networkpolicies NetworkPolicy N - netpol
ingresses Ingress N status ing
ingressclasses IngressClass C -
coordination.k8s.io/v1
leases Lease N -
discovery.k8s.io/v1
endpointslices EndpointSlice N -
storage.k8s.io/v1
storageclasses StorageClass C - sc
scheduling.k8s.io/v1
priorityclasses PriorityClass C - pc
apiextensions.k8s.io/v1
customresourcedefinitions CustomResourceDefinition C status crd,crds
`

function parseBuiltin(): Resource[] {
  const resources: Resource[] = []
  let group = ''
  let version = ''
  for (const line of builtin.trim().split('\n')) {
    if (line.includes('/')) {
      ;[group = '', version = ''] = line.split('/')
      continue
    }
    const [plural = '', kind = '', scope = '', subresources = '', ...names] = line.split(' ')
    resources.push({
      group,
      version,
      plural,
      kind,
      singular: kind.toLowerCase(),
      namespaced: scope === 'N',
      shortNames: names.filter((name) => name !== 'all').flatMap((name) => name.split(',')),
      categories: names.includes('all') ? ['all'] : [],
      hasStatus: subresources.includes('status'),
      hasScale: subresources.includes('scale'),
      schema: builtinSchema(kind),
      rules: kind,
      custom: false,
    })
  }
  return resources
}

/** Every served resource: the built-in ones, and those that CustomResourceDefinitions add and take away. */
export class Resources {
  readonly #builtin = parseBuiltin()
  readonly #custom = new Map<string, readonly Resource[]>()
  #all: readonly Resource[] = this.#builtin
  #byPath = new Map<string, Resource>()
  #byStoreKey = new Map<string, Resource>()

  constructor() {
    this.#index()
  }

  /** All resources, built-in first. */
  all(): readonly Resource[] {
    return this.#all
  }

  /** The resource of a URL, or undefined. */
  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`)
  }

  /** The resource of an object's `apiVersion` and `kind`, or undefined. */
  ofKind(apiVersion: string, kind: string): Resource | undefined {
    return this.#all.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion)
  }

  /** A resource by its store key, in its first version; undefined where there is none (any more). */
  findStored(storeKey: string): Resource | undefined {
    return this.#byStoreKey.get(storeKey)
  }

  /**
   * A resource by its store key, in its first version.
   * @throws {Error} when there is none: a mistake in the program.
   */
  get(storeKey: string): Resource {
    const found = this.#byStoreKey.get(storeKey)
    if (!found) throw new Error(`no resource ${storeKey}`)
    return found
  }

  /** Serves what a CustomResourceDefinition defines; an empty list takes it away. */
  setCustom(definition: string, resources: readonly Resource[]): void {
    if (resources.length === 0) this.#custom.delete(definition)
    else this.#custom.set(definition, resources)
    this.#index()
  }

  #index(): void {
    this.#all = [...this.#builtin, ...[...this.#custom.values()].flat()]
    this.#byPath = new Map(this.#all.map((each) => [`${each.group}/${each.version}/${each.plural}`, each]))
    this.#byStoreKey = new Map(this.#all.toReversed().map((each) => [storeKeyOf(each), each]))
  }
}
