import { jsonPatch, mergePatch } from '../fields/json-patch.ts'
import { strategicMerge } from '../fields/strategic-merge.ts'
import { isTree, type KubeObject, type Tree, textAt, treeAt } from '../object.ts'
import type { Write } from '../objects.ts'
import type { Resource } from '../resources.ts'
import { storeKeyOf } from '../resources.ts'
import { subjectOf } from '../rules/metadata.ts'
import { badRequest, invalid, methodNotAllowed, noSuchPath, required, unsupportedMediaType } from '../status-error.ts'
import type { ApiContext } from './context.ts'
import { decode, decodeConfiguration, fieldValidationOf } from './decode.ts'
import { inVersion, pageOf, scopeOf } from './list.ts'
import { metadataOnly, objectAs, shapeFor } from './represent.ts'
import {
  type ApiReply,
  type ApiRequest,
  bodyOf,
  isSet,
  mediaTypeOf,
  objectBodyOf,
  representationOf,
} from './request.ts'
import { tableOf } from './table.ts'
import { listHead, type Target } from './target.ts'
import { watch } from './watch.ts'

/** Answers a request for objects of a resource: get, list, watch, create, update, patch, delete, deletecollection. */
export function handleObjects(context: ApiContext, request: ApiRequest, target: Target): ApiReply {
  const { method } = request
  if (method === 'GET' || method === 'HEAD')
    return target.name === '' ? readMany(context, request, target) : readOne(context, request, target)
  if (method === 'POST' && target.name === '') return create(context, request, target)
  if (method === 'PUT' && target.name !== '') return replace(context, request, target, '')
  if (method === 'PATCH' && target.name !== '') return patch(context, request, target, '')
  const isCollection = target.name === ''
  if (method === 'DELETE' && !(isCollection && target.resource.kind === 'Namespace'))
    return isCollection ? removeMany(context, request, target) : removeOne(context, request, target)
  throw methodNotAllowed()
}

function readOne({ objects }: ApiContext, request: ApiRequest, { resource, namespace, name }: Target): ApiReply {
  const form = representationOf(request.accept)
  return {
    status: 200,
    body: objectAs(
      form,
      resource,
      inVersion(resource, objects.get(resource, namespace, name)),
      objects.clock.now(),
      request.query,
    ),
  }
}

function readMany({ objects }: ApiContext, request: ApiRequest, { resource, namespace }: Target): ApiReply {
  const form = representationOf(request.accept)
  const scope = scopeOf(resource, namespace, request.query)
  if (isSet(request.query, 'watch')) {
    const shape = shapeFor(form, resource, () => objects.clock.now(), request.query)
    return { stream: watch(objects.store, objects.clock, scope, request.query, shape) }
  }
  const page = pageOf(objects.store, scope, request.query)
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continueToken ? { continue: page.continueToken } : {}),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  }
  if (form.as === 'table')
    return { status: 200, body: { ...tableOf(resource, page.items, objects.clock.now(), request.query), metadata } }
  if (form.as === 'metadata')
    return {
      status: 200,
      body: {
        apiVersion: 'meta.k8s.io/v1',
        kind: 'PartialObjectMetadataList',
        metadata,
        items: page.items.map(metadataOnly),
      },
    }
  return { status: 200, body: { ...listHead(resource), metadata, items: page.items } }
}

/** The manager that a write counts for: `fieldManager`, else the first word of the user agent. */
export function writeOf(request: ApiRequest, subresource: string): Write {
  const manager = request.query.get('fieldManager') || request.userAgent.split('/')[0] || 'unknown'
  const dryRun = request.query.get('dryRun')
  if (dryRun !== null && dryRun !== 'All' && dryRun !== '')
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`)
  return { manager: manager.slice(0, 128), subresource, dryRun: dryRun === 'All', review: request.review }
}

function create({ objects }: ApiContext, request: ApiRequest, { resource, namespace }: Target): ApiReply {
  if (resource.namespaced && namespace === undefined) throw noSuchPath()
  const warnings: string[] = []
  const object = decode(resource, objectBodyOf(request), fieldValidationOf(request.query), warnings)
  assertNamespace(object, namespace)
  const stored = objects.create(resource, namespace, object, writeOf(request, ''))
  const form = representationOf(request.accept)
  return { status: 201, body: objectAs(form, resource, stored, objects.clock.now(), request.query), warnings }
}

function assertNamespace(object: Tree, namespace: string | undefined): void {
  const given = textAt(object, 'metadata', 'namespace')
  if (given !== '' && given !== (namespace ?? ''))
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
}

/** PUT of the object or of one subresource. */
export function replace({ objects }: ApiContext, request: ApiRequest, target: Target, subresource: string): ApiReply {
  const { resource, namespace, name } = target
  const warnings: string[] = []
  const object = decode(resource, objectBodyOf(request), fieldValidationOf(request.query), warnings)
  assertNamespace(object, namespace)
  if (!object.metadata.name) throw badRequest('name must be provided')
  const exists = objects.store.get(storeKeyOf(resource), namespace, name)
  if (exists && resource.custom && !object.metadata.resourceVersion) {
    const finding = {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0: must be specified for an update',
      field: 'metadata.resourceVersion',
    }
    throw invalid({ ...subjectOf(resource, name), resource: resource.kind }, [finding])
  }
  const stored = objects.update(resource, namespace, name, () => object, writeOf(request, subresource))
  const form = representationOf(request.accept)
  return { status: 200, body: objectAs(form, resource, stored, objects.clock.now(), request.query), warnings }
}

/** PATCH of the object or of one subresource, in the form that the media type says. */
export function patch(context: ApiContext, request: ApiRequest, target: Target, subresource: string): ApiReply {
  const { objects } = context
  const { resource, namespace, name } = target
  const type = mediaTypeOf(request)
  const form = representationOf(request.accept)
  if (type === 'application/apply-patch+yaml' || type === 'application/apply-patch+json')
    return apply(context, request, target, subresource)
  if (isSet(request.query, 'force'))
    throw invalid({ group: 'meta.k8s.io', resource: 'PatchOptions', name: '' }, [
      { reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch', field: 'force' },
    ])
  const body = bodyOf(request)
  const warnings: string[] = []
  const change = (before: KubeObject): Tree => {
    const next = patched(resource, inVersion(resource, before), type, body)
    if (next.status === undefined && before.status !== undefined && subresource === 'status') next.status = {}
    return decode(resource, next, fieldValidationOf(request.query), warnings)
  }
  const stored = objects.update(resource, namespace, name, change, writeOf(request, subresource))
  return { status: 200, body: objectAs(form, resource, stored, objects.clock.now(), request.query), warnings }
}

function patched(resource: Resource, before: KubeObject, type: string, body: unknown): Tree {
  if (type === 'application/json-patch+json') return jsonPatch(before, body)
  if (!isTree(body)) throw badRequest('the patch is not an object')
  if (type === 'application/merge-patch+json') return mergePatch(before, body) as Tree
  if (type === 'application/strategic-merge-patch+json' && !resource.custom)
    return strategicMerge(before, body, resource.schema) as Tree
  const accepted = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
  throw unsupportedMediaType(
    (resource.custom ? accepted : [...accepted, 'application/strategic-merge-patch+json']).join(', '),
  )
}

function apply({ objects }: ApiContext, request: ApiRequest, target: Target, subresource: string): ApiReply {
  const { resource, namespace, name } = target
  if (!request.query.get('fieldManager'))
    throw invalid({ group: 'meta.k8s.io', resource: 'PatchOptions', name: '' }, [
      required('fieldManager', 'is required for apply patch'),
    ])
  const configuration = decodeConfiguration(resource, objectBodyOf(request))
  assertNamespace(configuration, namespace)
  const given = textAt(configuration, 'metadata', 'name')
  if (given !== '' && given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  const existed = objects.store.get(storeKeyOf(resource), namespace, name) !== undefined
  const write = { ...writeOf(request, subresource), force: isSet(request.query, 'force') }
  const stored = objects.apply(resource, namespace, name, configuration, write)
  const form = representationOf(request.accept)
  return { status: existed ? 200 : 201, body: objectAs(form, resource, stored, objects.clock.now(), request.query) }
}

function removalOf(request: ApiRequest): Parameters<ApiContext['objects']['delete']>[3] & { dryRun: boolean } {
  const body = bodyOf(request)
  const grace = treeAt(body).gracePeriodSeconds ?? request.query.get('gracePeriodSeconds') ?? undefined
  const orphans = treeAt(body).orphanDependents === true ? 'Orphan' : undefined
  const policy = treeAt(body).propagationPolicy ?? request.query.get('propagationPolicy') ?? orphans
  if (policy !== undefined && !['Background', 'Foreground', 'Orphan'].includes(String(policy)))
    throw badRequest(`invalid propagationPolicy ${JSON.stringify(policy)}`)
  const { uid, resourceVersion } = treeAt(body, 'preconditions')
  return {
    gracePeriodSeconds: grace === undefined ? undefined : Number(grace),
    propagationPolicy: policy === undefined ? undefined : String(policy),
    uid: uid === undefined ? undefined : String(uid),
    resourceVersion: resourceVersion === undefined ? undefined : String(resourceVersion),
    dryRun:
      (Array.isArray(treeAt(body).dryRun) && String(treeAt(body).dryRun) === 'All') ||
      writeOf(request, '').dryRun === true,
  }
}

function removeOne({ objects }: ApiContext, request: ApiRequest, { resource, namespace, name }: Target): ApiReply {
  const { object, isGone } = objects.delete(resource, namespace, name, removalOf(request))
  if (!isGone || object.kind === 'Pod') return { status: 200, body: inVersion(resource, object) }
  const details = {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    uid: object.metadata.uid,
  }
  return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } }
}

function removeMany({ objects }: ApiContext, request: ApiRequest, { resource, namespace }: Target): ApiReply {
  const scope = scopeOf(resource, namespace, request.query)
  const removal = removalOf(request)
  const page = pageOf(objects.store, scope, request.query)
  const removed = page.items.map(
    (item) => objects.delete(resource, item.metadata.namespace, item.metadata.name, removal).object,
  )
  const metadata = { resourceVersion: String(objects.store.revision) }
  return { status: 200, body: { ...listHead(resource), metadata, items: removed } }
}
