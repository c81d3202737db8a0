import { type Attempt, excessRule, isAllowed, refusalText, roleOf } from '../auth/rbac.ts'
import type { User } from '../auth/tokens.ts'
import { type KubeObject, textAt } from '../object.ts'
import { storeKeyOf } from '../resources.ts'
import { forbidden, noSuchPath, notFound, StatusError } from '../status-error.ts'
import type { ApiContext } from './context.ts'
import { handleDiscovery } from './discovery.ts'
import { handleObjects } from './handle-objects.ts'
import { handleOpenapi } from './openapi.ts'
import { type ApiReply, type ApiRequest, isSet, mediaTypeOf } from './request.ts'
import { handleReview, reviewOf } from './reviews.ts'
import { handleSubresource } from './subresources.ts'
import { type Target, targetOf, verbOf } from './target.ts'

/** The version that the simulated cluster says it is. Clients of one minor version around it are at home. */
export const kubernetesVersion = 'v1.34.0'

/** The answer to paths that need no login, or undefined for all others. */
export function openReply(method: string, path: string): ApiReply | undefined {
  if (method !== 'GET') return undefined
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path))
    return { status: 200, text: 'ok', contentType: 'text/plain; charset=utf-8' }
  if (path !== '/version' && path !== '/version/') return undefined
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? []
  const body = {
    major,
    minor,
    gitVersion: kubernetesVersion,
    gitCommit: 'simulated',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
  }
  return { status: 200, body: { ...body, goVersion: 'none', compiler: 'none', platform: 'linux/amd64' } }
}

/** Answers an authenticated request, if RBAC lets its user ask. @throws {StatusError} for every refusal. */
export function dispatch(context: ApiContext, request: ApiRequest): ApiReply {
  const { path } = request
  const parts = path.split('/').filter((part) => part !== '')
  const isApi = parts[0] === 'api' || parts[0] === 'apis'
  const isCollection = isApi && parts.length > (parts[0] === 'api' ? 2 : 3)
  if (!isCollection) return dispatchPath(context, request, isApi)
  const review = reviewOf(path)
  if (review && request.method === 'POST') {
    assertReviewAllowed(context, request, review)
    return handleReview(context, request, review.group, review.kind)
  }
  const target = targetOf(context.objects.resources, path)
  const attempt = attemptOf(request, target)
  assertAllowed(context, request, target, attempt)
  if (target.subresource !== '') return handleSubresource(context, request, target)
  if (target.resource.group !== rbacGroup) return handleObjects(context, request, target)
  const noEscalation = (object: KubeObject): void => assertNoEscalation(context, request.user, target, object)
  return handleObjects(context, { ...request, review: noEscalation }, target)
}

function dispatchPath(context: ApiContext, request: ApiRequest, isApi: boolean): ApiReply {
  const { path, user, method } = request
  const attempt: Attempt = { verb: method.toLowerCase(), group: '', resource: '', namespace: '', name: '', path }
  if (!isAllowed(context.objects.store, user, attempt))
    throw new StatusError(403, 'Forbidden', `forbidden: ${refusalText(user, attempt)}`, {})
  const { resources } = context.objects
  if (isApi && method === 'GET') return handleDiscovery(resources, path, request.accept)
  if (path.startsWith('/openapi/') && method === 'GET') return handleOpenapi(resources, path, request.accept)
  throw noSuchPath()
}

/** Everybody may ask about themselves; questions about others need the right to create the review. */
function assertReviewAllowed(
  context: ApiContext,
  request: ApiRequest,
  review: { group: string; plural: string; kind: string; namespace: string },
): void {
  if (review.kind.startsWith('SelfSubject')) return
  const attempt = {
    verb: 'create',
    group: review.group,
    resource: review.plural,
    namespace: review.namespace,
    name: '',
  }
  if (!isAllowed(context.objects.store, request.user, attempt))
    throw forbidden({ group: review.group, resource: review.plural, name: '' }, refusalText(request.user, attempt))
}

function attemptOf(request: ApiRequest, target: Target): Attempt {
  const { resource, namespace, name, subresource } = target
  const byName = /(?:^|,)metadata\.name=([^,]+)/.exec(request.query.get('fieldSelector') ?? '')?.[1] ?? ''
  return {
    verb: verbOf(request.method, target, isSet(request.query, 'watch')),
    group: resource.group,
    resource: subresource === '' ? resource.plural : `${resource.plural}/${subresource}`,
    // Rights on one namespace object are asked in that namespace too.
    namespace: namespace ?? (resource.plural === 'namespaces' && resource.group === '' ? name : ''),
    name: name || byName,
  }
}

function assertAllowed(context: ApiContext, request: ApiRequest, target: Target, attempt: Attempt): void {
  const { store } = context.objects
  const { resource, namespace, name } = target
  const subject = { group: resource.group, resource: attempt.resource, name: attempt.name }
  if (!isAllowed(store, request.user, attempt)) throw forbidden(subject, refusalText(request.user, attempt))
  // An apply that makes a new object needs the right to create it, too.
  const creates =
    mediaTypeOf(request).startsWith('application/apply-patch') && !store.get(storeKeyOf(resource), namespace, name)
  const create = { ...attempt, verb: 'create' }
  if (creates && !isAllowed(store, request.user, create)) throw forbidden(subject, refusalText(request.user, create))
}

const rbacGroup = 'rbac.authorization.k8s.io'

/**
 * Nobody hands out more than they have, unless they hold `escalate` (on the role) or `bind` (on the role that is bound). Judged
 * by the object as it would be stored, so that no form of patch gets past it.
 */
function assertNoEscalation(context: ApiContext, user: User, target: Target, object: KubeObject): void {
  const { resource, namespace = '' } = target
  const { store } = context.objects
  const isBinding = resource.plural.endsWith('bindings')
  const role = isBinding ? roleOf(store, object, namespace) : object
  const isLocal = isBinding ? textAt(object, 'roleRef', 'kind') === 'Role' : resource.plural === 'roles'
  const attempt = {
    verb: isBinding ? 'bind' : 'escalate',
    group: rbacGroup,
    resource: isLocal ? 'roles' : 'clusterroles',
    namespace,
    name: isBinding ? textAt(object, 'roleRef', 'name') : object.metadata.name,
  }
  if (isAllowed(store, user, attempt)) return
  if (isBinding && !role) throw notFound({ group: rbacGroup, resource: attempt.resource, name: attempt.name })
  const excess = excessRule(store, user, role, namespace)
  if (!excess) return
  const who = `user ${JSON.stringify(user.name)} (groups=${JSON.stringify(user.groups)})`
  const detail = `${who} is attempting to grant RBAC permissions not currently held:\n${JSON.stringify(excess)}`
  throw forbidden({ group: rbacGroup, resource: resource.plural, name: object.metadata.name }, detail)
}
