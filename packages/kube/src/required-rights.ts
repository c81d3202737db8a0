import type { Exposure } from './components/infra-config.ts'

/** One right that the kubeconfig's user needs, in all namespaces. */
export interface Right {
  readonly verb: string
  readonly group: string
  readonly resource: string
}

const rbac = 'rbac.authorization.k8s.io'
const write = ['get', 'list', 'create', 'patch', 'delete']

function rights(group: string, resources: readonly string[], verbs: readonly string[]): Right[] {
  return resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource })))
}

/**
 * What infra creation and removal do with the kubeconfig, whatever the exposure. Passing on rights to the controller's account needs `escalate`
 * and `bind`, or the same rights; asking for the first two covers administrators and dedicated installers alike.
 */
const always: readonly Right[] = [
  ...rights('', ['namespaces'], write),
  ...rights('', ['services', 'serviceaccounts', 'configmaps', 'secrets', 'persistentvolumeclaims'], write),
  ...rights('apps', ['deployments', 'daemonsets'], write),
  ...rights('networking.k8s.io', ['networkpolicies'], write),
  ...rights(rbac, ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'], write),
  ...rights(rbac, ['clusterroles', 'roles'], ['escalate', 'bind']),
  ...rights('', ['pods'], ['list']),
  // Removal looks at every kind: to keep namespaces that hold others' objects, and to prove that nothing of ours is left.
  ...rights('*', ['*'], ['list']),
]

const ingressGroups: Record<Exposure['kind'], { group: string; resource: string } | null> = {
  'node-port': null,
  mapping: { group: 'getambassador.io', resource: 'mappings' },
  'http-route': { group: 'gateway.networking.k8s.io', resource: 'httproutes' },
}

/** The rights for one way of exposure. */
export function requiredRights(exposure: Exposure): Right[] {
  const ingress = ingressGroups[exposure.kind]
  return ingress ? [...always, ...rights(ingress.group, [ingress.resource], write)] : [...always]
}

/** The rights for an executor: it passes on none, so it needs none over roles. */
export function executorRights(hasMapping: boolean): Right[] {
  return [
    ...rights('', ['namespaces', 'services', 'serviceaccounts', 'configmaps'], write),
    ...rights('apps', ['deployments'], write),
    ...rights('networking.k8s.io', ['networkpolicies'], write),
    ...(hasMapping ? rights('getambassador.io', ['mappings'], write) : []),
    ...rights('*', ['*'], ['list']),
  ]
}
