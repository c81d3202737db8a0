import { type Attempt, isAllowed, refusalText, rulesFor } from '../auth/rbac.ts'
import type { User } from '../auth/tokens.ts'
import { at, isTree, type Tree, textAt, treeAt } from '../object.ts'
import { badRequest, noSuchPath } from '../status-error.ts'
import type { ApiContext } from './context.ts'
import { type ApiReply, type ApiRequest, objectBodyOf } from './request.ts'

/** Questions that are answered and not stored: who am I, whose token is this, may they do that. */
export const reviewKinds: Readonly<Record<string, readonly { plural: string; kind: string; namespaced: boolean }[]>> = {
  'authentication.k8s.io': [
    { plural: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false },
    { plural: 'tokenreviews', kind: 'TokenReview', namespaced: false },
  ],
  'authorization.k8s.io': [
    { plural: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true },
    { plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', namespaced: false },
    { plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', namespaced: false },
    { plural: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false },
  ],
}

/** The kind of review that a path asks for, or undefined when it asks for none. */
export function reviewOf(path: string): { group: string; kind: string; plural: string; namespace: string } | undefined {
  const match = /^\/apis\/([\w.]+)\/v1\/(?:namespaces\/([^/]+)\/)?(\w+)$/.exec(path)
  const [, group = '', namespace = '', plural = ''] = match ?? []
  const kinds = Object.hasOwn(reviewKinds, group) ? reviewKinds[group] : undefined
  const kind = kinds?.find((each) => each.plural === plural)?.kind
  return kind === undefined ? undefined : { group, kind, plural, namespace }
}

/** Answers a review. */
export function handleReview(context: ApiContext, request: ApiRequest, group: string, kind: string): ApiReply {
  const body = objectBodyOf(request)
  const spec = treeAt(body, 'spec')
  const status = answer(context, request.user, kind, spec)
  return {
    status: 201,
    body: {
      kind,
      apiVersion: `${group}/v1`,
      metadata: { creationTimestamp: null },
      ...(kind === 'SelfSubjectReview' ? {} : { spec }),
      status,
    },
  }
}

function answer(context: ApiContext, user: User, kind: string, spec: Tree): Tree {
  switch (kind) {
    case 'SelfSubjectReview':
      return { userInfo: userInfo(user) }
    case 'TokenReview':
      return tokenStatus(context, textAt(spec, 'token'))
    case 'SelfSubjectAccessReview':
      return accessStatus(context, user, spec)
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview': {
      const groups = at(spec, 'groups')
      return accessStatus(
        context,
        { name: textAt(spec, 'user'), groups: Array.isArray(groups) ? groups.map(String) : [] },
        spec,
      )
    }
    case 'SelfSubjectRulesReview':
      return rulesStatus(context, user, textAt(spec, 'namespace'))
    default:
      throw noSuchPath()
  }
}

const userInfo = (user: User): Tree => ({
  username: user.name,
  ...(user.uid ? { uid: user.uid } : {}),
  groups: user.groups,
  ...(user.extra ? { extra: user.extra } : {}),
})

function tokenStatus({ objects, tokens }: ApiContext, token: string): Tree {
  const user = tokens.userOf(token, objects.store, objects.clock.now())
  if (!user) return { authenticated: false, error: 'invalid bearer token', user: {} }
  return { authenticated: true, user: userInfo(user) }
}

function accessStatus({ objects }: ApiContext, user: User, spec: Tree): Tree {
  const attempt = attemptOf(spec)
  const allowed = isAllowed(objects.store, user, attempt)
  return allowed ? { allowed, reason: 'RBAC: allowed' } : { allowed, reason: refusalText(user, attempt) }
}

function attemptOf(spec: Tree): Attempt {
  if (isTree(spec.nonResourceAttributes)) {
    const { verb, path } = spec.nonResourceAttributes
    return { verb: String(verb), path: String(path), group: '', resource: '', namespace: '', name: '' }
  }
  if (!isTree(spec.resourceAttributes))
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified')
  const attributes = spec.resourceAttributes
  const subresource = textAt(attributes, 'subresource')
  return {
    verb: textAt(attributes, 'verb'),
    group: textAt(attributes, 'group'),
    resource: textAt(attributes, 'resource') + (subresource === '' ? '' : `/${subresource}`),
    namespace: textAt(attributes, 'namespace'),
    name: textAt(attributes, 'name'),
  }
}

function rulesStatus({ objects }: ApiContext, user: User, namespace: string): Tree {
  const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: ['*'] }
  const rules = user.groups.includes('system:masters') ? [everything] : rulesFor(objects.store, user, namespace)
  return {
    resourceRules: rules.filter((rule) => rule.resources.length > 0).map(({ nonResourceURLs: _urls, ...rule }) => rule),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs.length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  }
}
