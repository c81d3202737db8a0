import type { KubernetesObject } from '../object.ts'
import { infraScopes } from './infra-scopes.ts'
import { bootstrapSecretName, bootstrapTokenIds, identityKeyName, identityName, namespaces } from './names.ts'

/** ServiceAccounts, one per part; none is shared, none is `default`. */
export const accounts = {
  controller: { name: 'gridgate-controller', namespace: namespaces.controllers },
  metricsDatabase: { name: 'cluster-metrics', namespace: namespaces.metrics },
  metricsWriter: { name: 'metrics-writer', namespace: namespaces.metrics },
  collector: { name: 'metrics-collector', namespace: namespaces.metrics },
} as const

type Account = (typeof accounts)[keyof typeof accounts]

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

const read = ['get', 'list', 'watch']
const write = [...read, 'create', 'patch', 'update', 'delete']
const rbac = 'rbac.authorization.k8s.io'

/**
 * Accounts and rights, as small as the parts' work allows; in the place of the original's five bindings to cluster-admin
 * (spec/errors-and-gaps.md 6).
 */
export function accessObjects(clusterId: string): KubernetesObject[] {
  return [
    ...Object.values(accounts).map(serviceAccount),
    ...clusterRights('gridgate-controller', accounts.controller, [...unionOf(controllerNeeds), ...namedSight]),
    ...namespaceRights('gridgate-controller', namespaces.blocks, accounts.controller, [
      ...blockRules,
      ...sightRules(namespaces.blocks),
    ]),
    ...namespaceRights('gridgate-controller', namespaces.vdags, accounts.controller, [
      ...vdagRules,
      ...sightRules(namespaces.vdags),
    ]),
    ...namespaceRights('gridgate-controller', namespaces.controllers, accounts.controller, [
      ...identityRules(clusterId),
      ...sightRules(namespaces.controllers),
    ]),
    ...namespaceRights('gridgate-controller', namespaces.metrics, accounts.controller, sightRules(namespaces.metrics)),
    ...namespaceRights('gridgate-bootstrap-tokens', 'kube-system', accounts.controller, [
      ...bootstrapRules,
      ...sightRules('kube-system'),
    ]),
    ...namespaceRights('gridgate-join-address', 'kube-public', accounts.controller, [
      rule('', ['configmaps'], ['get'], ['cluster-info']),
      ...sightRules('kube-public'),
    ]),
    ...clusterRights('gridgate-metrics-writer', accounts.metricsWriter, [rule('', ['nodes'], read)]),
    ...namespaceRights('gridgate-metrics-writer', namespaces.metrics, accounts.metricsWriter, [
      rule('', ['pods'], read),
    ]),
    ...namespaceRights('gridgate-metrics-writer', namespaces.controllers, accounts.metricsWriter, [
      rule('', ['pods'], read),
    ]),
    ...namespaceRights('gridgate-metrics-writer', namespaces.blocks, accounts.metricsWriter, [
      rule('', ['pods'], read),
    ]),
    ...identityObjects(clusterId),
  ]
}

function rule(group: string, resources: string[], verbs: string[], resourceNames?: readonly string[]): Rule {
  return { apiGroups: [group], resources, verbs, ...(resourceNames ? { resourceNames } : {}) }
}

const draining: readonly Rule[] = [rule('', ['pods'], ['list']), rule('', ['pods/eviction'], ['create'])]

/** What each thing that the controller does needs in all namespaces; its ClusterRole is the union of these rows. */
const controllerNeeds: Readonly<Record<string, readonly Rule[]>> = {
  'GET /nodes, GET /nodes/{node_id}, GET /cluster-actions/get-cluster': [rule('', ['nodes'], ['get', 'list'])],
  'GET /healthy_nodes, GET /nodes_status, GET /failed-pods': [
    rule('', ['nodes'], ['list', 'watch']),
    rule('', ['pods'], ['list', 'watch']),
  ],
  'POST /cluster-actions/add-node, POST /nodes/{node_id}/cordon, POST /nodes/{node_id}/uncordon': [
    rule('', ['nodes'], ['get', 'list', 'patch']),
  ],
  'POST /nodes/{node_id}/drain': draining,
  'DELETE /nodes/{node_id}, DELETE /cluster-actions/remove-node/{node_id}': [rule('', ['nodes'], ['delete'])],
  'POST /failover/survey': [
    rule('', ['nodes', 'pods'], ['list']),
    rule('policy', ['poddisruptionbudgets'], ['list']),
    rule('jobset.x-k8s.io', ['jobsets'], ['get']),
  ],
  'POST /failover/cordon, POST /failover/uncordon': [rule('', ['nodes'], ['get', 'list', 'patch'])],
  'POST /failover/drain': [rule('', ['nodes'], ['get', 'list']), ...draining],
  'POST /failover/restart': [
    rule('', ['pods/eviction'], ['create']),
    rule('jobset.x-k8s.io', ['jobsets'], ['get', 'patch']),
  ],
  'POST /failover/watch-restart': [rule('', ['pods'], ['list']), rule('jobset.x-k8s.io', ['jobsets'], ['get'])],
  'POST /failover/events': [rule('', ['events'], ['create'])],
  'POST /failover/instance': [
    rule('', ['nodes'], ['get', 'patch']),
    rule('karpenter.sh', ['nodeclaims'], ['list', 'delete']),
    rule('cluster.x-k8s.io', ['machines'], ['get', 'list', 'patch']),
    rule('cluster.x-k8s.io', ['machinehealthchecks'], ['list']),
  ],
}

/** One rule for each resource, with every verb that any row needs. */
function unionOf(needs: Readonly<Record<string, readonly Rule[]>>): Rule[] {
  const verbs = new Map<string, Set<string>>()
  for (const { apiGroups, resources, verbs: needed } of Object.values(needs).flat())
    for (const group of apiGroups)
      for (const resource of resources) {
        const known = verbs.get(`${group}/${resource}`) ?? new Set()
        for (const verb of needed) known.add(verb)
        verbs.set(`${group}/${resource}`, known)
      }
  return [...verbs].map(([key, needed]) => {
    const [group = '', ...resource] = key.split('/')
    return rule(group, [resource.join('/')], [...needed].sort())
  })
}

const blockRules: Rule[] = [
  rule('apps', ['deployments', 'statefulsets'], write),
  rule('batch', ['jobs'], write),
  rule('jobset.x-k8s.io', ['jobsets'], write),
  rule('', ['services', 'configmaps', 'persistentvolumeclaims'], write),
  rule('', ['pods'], [...read, 'delete']),
  rule('autoscaling', ['horizontalpodautoscalers'], write),
  rule('gateway.networking.k8s.io', ['grpcroutes', 'httproutes'], write),
  rule('getambassador.io', ['mappings'], write),
]

const vdagRules: Rule[] = [
  rule('apps', ['deployments'], write),
  rule('', ['services', 'configmaps'], write),
  rule('autoscaling', ['horizontalpodautoscalers'], write),
  rule('gateway.networking.k8s.io', ['httproutes'], write),
  rule('getambassador.io', ['mappings'], write),
]

/**
 * A fixed set of names, never all secrets (spec/decisions.md 51). `create` may name them because the controller creates by
 * server-side apply, where the name is known when rights are checked; a plain POST stays refused.
 */
const bootstrapRules: Rule[] = [
  rule('', ['secrets'], ['get', 'create', 'patch', 'delete'], bootstrapTokenIds.map(bootstrapSecretName)),
]

/** Sight of the infrastructure's own objects, to tell what is not as it should be; outside of namespaces, of our own by name. */
const namedSight: Rule[] = [
  rule('', ['namespaces'], ['get'], Object.values(namespaces)),
  rule(rbac, ['clusterroles', 'clusterrolebindings'], ['get'], ['gridgate-controller', 'gridgate-metrics-writer']),
]

function sightRules(namespace: string): Rule[] {
  const seen = infraScopes.filter(({ namespaces: places }) => places.includes(namespace)).map(({ kind }) => kind)
  const groups = new Set(seen.map(({ apiVersion }) => groupOf(apiVersion)))
  return [...groups].map((group) => {
    const plurals = seen.filter(({ apiVersion }) => groupOf(apiVersion) === group).map(({ plural }) => plural)
    return rule(group, [...new Set(plurals)], ['list'])
  })
}

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '')

const identityRules = (clusterId: string): Rule[] => [
  rule('', ['secrets'], ['get', 'patch'], [identityKeyName(clusterId)]),
  rule('', ['configmaps'], ['patch'], [identityName(clusterId)]),
]

/** Empty until the controller writes its key pair; they exist beforehand so that it needs no right to create. */
function identityObjects(clusterId: string): KubernetesObject[] {
  const { namespace } = accounts.controller
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: identityKeyName(clusterId), namespace }, type: 'Opaque' },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: identityName(clusterId), namespace } },
  ]
}

/** The token is mounted by the pods that need it, not by the account. */
function serviceAccount({ name, namespace }: Account): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
    automountServiceAccountToken: false,
  }
}

function clusterRights(name: string, account: Account, rules: readonly Rule[]): KubernetesObject[] {
  return [
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [subject(account)],
    },
  ]
}

function namespaceRights(
  name: string,
  namespace: string,
  account: Account,
  rules: readonly Rule[],
): KubernetesObject[] {
  return [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [subject(account)],
    },
  ]
}

const subject = ({ name, namespace }: Account): Record<string, string> => ({ kind: 'ServiceAccount', name, namespace })
