import { type KubeObject, textAt, treesAt } from '../object.ts'
import type { Store } from '../store.ts'
import type { User } from './tokens.ts'

/** What somebody wants to do, as RBAC sees it. */
export interface Attempt {
  verb: string
  group: string
  /** Plural name; with `/subresource` where there is one. Empty for a path that is no resource. */
  resource: string
  namespace: string
  name: string
  /** For paths that are no resource, for example `/version`. */
  path?: string
}

export interface Rule {
  verbs: readonly string[]
  apiGroups: readonly string[]
  resources: readonly string[]
  resourceNames: readonly string[]
  nonResourceURLs: readonly string[]
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** The rules of a Role or ClusterRole. */
export const rulesOf = (role: KubeObject | undefined): Rule[] =>
  treesAt(role, 'rules').map((rule) => ({
    verbs: texts(rule.verbs),
    apiGroups: texts(rule.apiGroups),
    resources: texts(rule.resources),
    resourceNames: texts(rule.resourceNames),
    nonResourceURLs: texts(rule.nonResourceURLs),
  }))

/** All rules that hold for a user: those of the whole cluster and, where a namespace is given, the namespace's. */
export function rulesFor(store: Store, user: User, namespace: string): Rule[] {
  const rules = store
    .list('clusterrolebindings.rbac.authorization.k8s.io')
    .filter((binding) => binds(binding, user))
    .flatMap((binding) => rulesOf(roleOf(store, binding, '')))
  if (namespace === '') return rules
  const local = store
    .list('rolebindings.rbac.authorization.k8s.io', namespace)
    .filter((binding) => binds(binding, user))
    .flatMap((binding) => rulesOf(roleOf(store, binding, namespace)))
  return [...rules, ...local]
}

/** The role that a binding or a roleRef names. */
export function roleOf(store: Store, binding: KubeObject, namespace: string): KubeObject | undefined {
  const name = textAt(binding, 'roleRef', 'name')
  return textAt(binding, 'roleRef', 'kind') === 'Role'
    ? store.get('roles.rbac.authorization.k8s.io', namespace, name)
    : store.get('clusterroles.rbac.authorization.k8s.io', undefined, name)
}

function binds(binding: KubeObject, user: User): boolean {
  return treesAt(binding, 'subjects').some((subject) => {
    if (subject.kind === 'Group') return user.groups.includes(String(subject.name))
    if (subject.kind === 'User') return user.name === subject.name
    return user.name === `system:serviceaccount:${textAt(subject, 'namespace')}:${textAt(subject, 'name')}`
  })
}

/** True when RBAC lets the user do it. `system:masters` may do everything, as in the real API server. */
export function isAllowed(store: Store, user: User, attempt: Attempt): boolean {
  return (
    user.groups.includes('system:masters') ||
    rulesFor(store, user, attempt.namespace).some((rule) => admits(rule, attempt))
  )
}

/** True when one rule covers the attempt (RBAC authorizer, RuleAllows). */
export function admits(rule: Rule, attempt: Attempt): boolean {
  if (!covers(rule.verbs, attempt.verb)) return false
  if (attempt.path !== undefined)
    return rule.nonResourceURLs.some(
      (url) => url === attempt.path || (url.endsWith('*') && attempt.path?.startsWith(url.slice(0, -1))),
    )
  const subresource = attempt.resource.split('/')[1]
  const resourceFits =
    covers(rule.resources, attempt.resource) ||
    (subresource !== undefined && rule.resources.includes(`*/${subresource}`))
  return (
    covers(rule.apiGroups, attempt.group) &&
    resourceFits &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(attempt.name))
  )
}

const covers = (list: readonly string[], wanted: string): boolean => list.includes('*') || list.includes(wanted)

/** The sentence of a 403, without what stands before it. */
export function refusalText(user: User, attempt: Attempt): string {
  const who = `User ${JSON.stringify(user.name)}`
  if (attempt.path !== undefined) return `${who} cannot ${attempt.verb} path ${JSON.stringify(attempt.path)}`
  const what = `resource ${JSON.stringify(attempt.resource)} in API group ${JSON.stringify(attempt.group)}`
  const where =
    attempt.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(attempt.namespace)}`
  return `${who} cannot ${attempt.verb} ${what} ${where}`
}

/**
 * The first rule of a role that the user does not have, or null: nobody may hand out more than they have
 * (RBAC escalation prevention; the verbs `escalate` and `bind` are exempt and looked at by the caller).
 */
export function excessRule(store: Store, user: User, role: KubeObject | undefined, namespace: string): Rule | null {
  if (user.groups.includes('system:masters')) return null
  const own = rulesFor(store, user, namespace)
  return (
    rulesOf(role).find(
      (rule) => !singleAttempts(rule, namespace).every((attempt) => own.some((mine) => admits(mine, attempt))),
    ) ?? null
  )
}

function singleAttempts(rule: Rule, namespace: string): Attempt[] {
  const base = { namespace, name: '' }
  const names = rule.resourceNames.length > 0 ? rule.resourceNames : ['']
  const onResources = rule.verbs.flatMap((verb) =>
    rule.apiGroups.flatMap((group) =>
      rule.resources.flatMap((resource) => names.map((name) => ({ ...base, verb, group, resource, name }))),
    ),
  )
  const onPaths = rule.verbs.flatMap((verb) =>
    rule.nonResourceURLs.map((path) => ({ ...base, verb, group: '', resource: '', path })),
  )
  return [...onResources, ...onPaths]
}
