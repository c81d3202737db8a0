import { jsonPatch, mergePatch } from '../fields/json-patch.ts'
import { copy, isTree, type KubeObject, numberAt, type Tree, textAt, timeText, treeAt } from '../object.ts'
import { subjectOf } from '../rules/metadata.ts'
import { labelSelector } from '../selectors.ts'
import { isFinished, isReady, type Pod } from '../shapes.ts'
import {
  badRequest,
  conflict,
  invalid,
  invalidValue,
  methodNotAllowed,
  noSuchPath,
  notFound,
  StatusError,
  tooManyRequests,
} from '../status-error.ts'
import type { ApiContext } from './context.ts'
import { patch, replace, writeOf } from './handle-objects.ts'
import { objectAs } from './represent.ts'
import { type ApiReply, type ApiRequest, bodyOf, mediaTypeOf, objectBodyOf, representationOf } from './request.ts'
import type { Target } from './target.ts'

type Handle = (context: ApiContext, request: ApiRequest, target: Target) => ApiReply

/** Answers a request for a subresource. @throws {StatusError} 404 for subresources that are not served. */
export function handleSubresource(context: ApiContext, request: ApiRequest, target: Target): ApiReply {
  const { resource, subresource } = target
  if (subresource === 'status' && resource.hasStatus) return handleStatus(context, request, target)
  if (subresource === 'scale' && resource.hasScale) return handleScale(context, request, target)
  const handle = handlers[`${resource.plural}/${subresource}`]
  if (!handle || resource.group !== '') throw noSuchPath()
  return handle(context, request, target)
}

/** The subresources of a resource, as discovery lists them: name, kind, group and version of the kind, verbs. */
export const podSubresources = [
  { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  { name: 'log', kind: 'Pod', group: '', version: 'v1', verbs: ['get'] },
  { name: 'binding', kind: 'Binding', group: '', version: 'v1', verbs: ['create'] },
] as const

const handlers: Readonly<Record<string, Handle>> = {
  'pods/eviction': evict,
  'pods/log': log,
  'pods/binding': bind,
  'serviceaccounts/token': issueToken,
  'namespaces/finalize': finalize,
}

function handleStatus(context: ApiContext, request: ApiRequest, target: Target): ApiReply {
  const { resource, namespace, name } = target
  const { objects } = context
  if (request.method === 'PUT') return replace(context, request, target, 'status')
  if (request.method === 'PATCH') return patch(context, request, target, 'status')
  if (request.method !== 'GET') throw methodNotAllowed()
  const object = objects.get(resource, namespace, name)
  return {
    status: 200,
    body: objectAs(representationOf(request.accept), resource, object, objects.clock.now(), request.query),
  }
}

function scaleOf(object: KubeObject): Tree {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const labels = treeAt(object, 'spec', 'selector', 'matchLabels')
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',')
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, 0, 'spec', 'replicas') },
    status: { replicas: numberAt(object, 0, 'status', 'replicas'), selector },
  }
}

function handleScale({ objects }: ApiContext, request: ApiRequest, { resource, namespace, name }: Target): ApiReply {
  if (request.method === 'GET') return { status: 200, body: scaleOf(objects.get(resource, namespace, name)) }
  if (request.method !== 'PUT' && request.method !== 'PATCH') throw methodNotAllowed()
  const body = bodyOf(request)
  const change = (before: KubeObject): Tree => {
    const scale = scaleAfter(request, scaleOf(before), body)
    const replicas = numberAt(scale, 0, 'spec', 'replicas')
    const { resourceVersion } = treeAt(scale, 'metadata')
    const metadata = { ...before.metadata, resourceVersion: String(resourceVersion ?? before.metadata.resourceVersion) }
    return { ...before, metadata, spec: { ...treeAt(before, 'spec'), replicas } }
  }
  const stored = objects.update(resource, namespace, name, change, writeOf(request, 'scale'))
  return { status: 200, body: scaleOf(stored) }
}

function scaleAfter(request: ApiRequest, scale: Tree, body: unknown): Tree {
  if (request.method === 'PUT') return isTree(body) ? body : scale
  if (mediaTypeOf(request) === 'application/json-patch+json') return jsonPatch(scale, body)
  return mergePatch(scale, body) as Tree
}

/** Removes a pod unless its disruption budget forbids it (policy/v1 Eviction). */
function evict({ objects }: ApiContext, request: ApiRequest, { resource, namespace, name }: Target): ApiReply {
  if (request.method !== 'POST') throw methodNotAllowed()
  const body = objectBodyOf(request)
  const pod = objects.get(resource, namespace, name) as Pod
  const options = treeAt(body, 'deleteOptions')
  const dryRun = writeOf(request, '').dryRun === true || options.dryRun !== undefined
  if (!isFinished(pod)) spendBudget(objects, pod, dryRun)
  const grace = options.gracePeriodSeconds
  objects.delete(resource, namespace, name, {
    dryRun,
    gracePeriodSeconds: grace === undefined ? undefined : Number(grace),
  })
  return { status: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
}

function spendBudget(objects: ApiContext['objects'], pod: Pod, dryRun: boolean): void {
  const key = 'poddisruptionbudgets.policy'
  const budgets = objects.store
    .list(key, pod.metadata.namespace)
    .filter((budget) => labelSelector(treeAt(budget, 'spec').selector)(pod.metadata.labels ?? {}))
  if (budgets.length > 1)
    throw new StatusError(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  const [budget] = budgets
  if (!budget || pod.status?.phase === 'Pending') return
  const { name } = budget.metadata
  const healthy = numberAt(budget, 0, 'status', 'currentHealthy')
  const desired = numberAt(budget, 0, 'status', 'desiredHealthy')
  if (!isReady(pod) && healthy >= desired && desired > 0) return
  if (numberAt(budget, 0, 'status', 'disruptionsAllowed') < 1) {
    const message = `The disruption budget ${name} needs ${desired} healthy pods and has ${healthy} currently`
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [{ reason: 'DisruptionBudget', message, field: '' }],
    })
  }
  if (dryRun) return
  const spend = (draft: KubeObject): void => {
    draft.status = {
      ...treeAt(draft, 'status'),
      disruptionsAllowed: numberAt(draft, 1, 'status', 'disruptionsAllowed') - 1,
    }
  }
  objects.mutate(key, budget, spend, { manager: 'simulated-apiserver', subresource: 'status' })
}

function log(context: ApiContext, request: ApiRequest, { resource, namespace, name }: Target): ApiReply {
  if (request.method !== 'GET') throw methodNotAllowed()
  const pod = context.objects.get(resource, namespace, name) as Pod
  const names = pod.spec.containers.map((container) => container.name)
  const container = request.query.get('container') || (names.length === 1 ? names[0] : undefined)
  if (container === undefined)
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`)
  if (!names.includes(container)) throw badRequest(`container ${container} is not valid for pod ${name}`)
  const text = context.logOf({ namespace: namespace ?? '', name }, container)
  if (text === undefined)
    throw badRequest(
      `container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} is waiting to start: ContainerCreating`,
    )
  const tail = Number(request.query.get('tailLines') ?? Number.NaN)
  const lines = Number.isInteger(tail) ? `${text.trimEnd().split('\n').slice(-tail).join('\n')}\n` : text
  return { status: 200, text: lines, contentType: 'text/plain' }
}

/** Puts a pod on a node, as a scheduler of one's own does. */
function bind({ objects }: ApiContext, request: ApiRequest, { resource, namespace, name }: Target): ApiReply {
  if (request.method !== 'POST') throw methodNotAllowed()
  const nodeName = textAt(objectBodyOf(request), 'target', 'name')
  if (!objects.store.get('nodes', undefined, nodeName)) throw notFound({ group: '', resource: 'nodes', name: nodeName })
  const change = (before: KubeObject): Tree => {
    if (textAt(before, 'spec', 'nodeName') !== '')
      throw conflict(
        subjectOf(resource, name),
        `pod ${name} is already assigned to node ${JSON.stringify(textAt(before, 'spec', 'nodeName'))}`,
      )
    return { ...before, spec: { ...treeAt(before, 'spec'), nodeName } }
  }
  objects.update(resource, namespace, name, change, writeOf(request, ''))
  return { status: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
}

function issueToken(
  { objects, tokens }: ApiContext,
  request: ApiRequest,
  { resource, namespace, name }: Target,
): ApiReply {
  if (request.method !== 'POST') throw methodNotAllowed()
  const body = objectBodyOf(request)
  const seconds = numberAt(body, 3600, 'spec', 'expirationSeconds')
  if (seconds < 600) {
    const finding = invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')
    throw invalid({ group: 'authentication.k8s.io', resource: 'TokenRequest', name }, [finding])
  }
  const account = objects.get(resource, namespace, name)
  const audiences = treeAt(body, 'spec').audiences
  const { token, endsAt } = tokens.issue(
    account,
    objects.clock.now(),
    seconds,
    Array.isArray(audiences) ? audiences.map(String) : undefined,
  )
  const head = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: objects.now() },
  }
  return {
    status: 201,
    body: {
      ...head,
      spec: { ...treeAt(body, 'spec'), expirationSeconds: seconds },
      status: { token, expirationTimestamp: timeText(endsAt) },
    },
  }
}

function finalize({ objects }: ApiContext, request: ApiRequest, { resource, name }: Target): ApiReply {
  if (request.method !== 'PUT') throw methodNotAllowed()
  const spec = treeAt(copy(objectBodyOf(request)), 'spec')
  const stored = objects.update(
    resource,
    undefined,
    name,
    (before) => ({ ...before, spec }),
    writeOf(request, 'finalize'),
  )
  return { status: 200, body: stored }
}
