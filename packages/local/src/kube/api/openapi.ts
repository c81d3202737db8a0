import type { Tree } from '../object.ts'
import { apiVersionOf, type Resource, type Resources } from '../resources.ts'
import type { Schema } from '../schema/schema.ts'
import { noSuchPath, notAcceptable } from '../status-error.ts'
import { openapiPaths } from './discovery.ts'
import type { ApiReply } from './request.ts'

/** How deep a schema is written out; what is deeper is anything. Keeps types that contain themselves finite. */
const depthMax = 9

/**
 * Answers `/openapi/v3`, `/openapi/v3/<group version>` and `/openapi/v2`: the structure of each kind, and the parameters of its
 * patch, by which kubectl learns that fields are validated here.
 * @throws {StatusError} 406 for protobuf alone, which `/openapi/v2` speaks in real life too.
 */
export function handleOpenapi(resources: Resources, path: string, accept: string): ApiReply {
  if (path === '/openapi/v2') {
    if (accept.includes('protobuf') && !accept.includes('json') && !accept.includes('*/*'))
      throw notAcceptable('application/json')
    return { status: 200, body: documentV2(resources) }
  }
  const paths = openapiPaths(resources)
  if (path === '/openapi/v3') {
    const links = paths.map((each) => [
      each,
      { serverRelativeURL: `/openapi/v3/${each}?hash=${resources.all().length}` },
    ])
    return { status: 200, body: { paths: Object.fromEntries(links) as Tree } }
  }
  const wanted = paths.find((each) => path === `/openapi/v3/${each}`)
  if (!wanted) throw noSuchPath()
  const version = wanted.replace(/^apis?\//, '')
  return { status: 200, body: documentV3(resources.all().filter((resource) => apiVersionOf(resource) === version)) }
}

const kindOf = ({ group, version, kind }: Resource): Tree => ({ group, version, kind })

const schemaName = ({ group, version, kind }: Resource): string =>
  `${group === '' ? 'io.k8s.api.core' : group.split('.').reverse().join('.')}.${version}.${kind}`

const collectionPath = (resource: Resource): string =>
  `/${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.plural}`

const parameterNames = ['dryRun', 'fieldManager', 'fieldValidation', 'force']

function documentV3(resources: readonly Resource[]): Tree {
  const parameters = parameterNames.map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }))
  const paths = resources.flatMap((resource) => {
    const body = {
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(resource)}` } } },
    }
    const common = {
      parameters,
      responses: { 200: { description: 'OK' } },
      'x-kubernetes-group-version-kind': kindOf(resource),
    }
    const patch = {
      ...common,
      requestBody: { content: { 'application/apply-patch+yaml': { schema: { type: 'object' } } } },
      'x-kubernetes-action': 'patch',
    }
    return [
      [collectionPath(resource), { post: { ...common, requestBody: body, 'x-kubernetes-action': 'post' } }],
      [
        `${collectionPath(resource)}/{name}`,
        { patch, put: { ...common, requestBody: body, 'x-kubernetes-action': 'put' } },
      ],
    ]
  })
  const schemas = resources.map((resource) => [
    schemaName(resource),
    { ...openapiSchema(resource.schema, 0), 'x-kubernetes-group-version-kind': [kindOf(resource)] },
  ])
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes (simulated)', version: 'v1.32.0' },
    paths: Object.fromEntries(paths) as Tree,
    components: { schemas: Object.fromEntries(schemas) as Tree },
  }
}

function documentV2(resources: Resources): Tree {
  const parameters = parameterNames.map((name) => ({ name, in: 'query', type: 'string', uniqueItems: true }))
  const paths = resources.all().map((resource) => [
    `${collectionPath(resource)}/{name}`,
    {
      patch: {
        parameters,
        responses: {},
        consumes: ['application/json-patch+json'],
        'x-kubernetes-action': 'patch',
        'x-kubernetes-group-version-kind': kindOf(resource),
      },
    },
  ])
  const definitions = resources
    .all()
    .map((resource) => [
      schemaName(resource),
      { type: 'object', 'x-kubernetes-group-version-kind': [kindOf(resource)] },
    ])
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes (simulated)', version: 'v1.32.0' },
    paths: Object.fromEntries(paths) as Tree,
    definitions: Object.fromEntries(definitions) as Tree,
  }
}

const plainTypes: Readonly<Record<string, Tree>> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  quantity: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  intOrString: { 'x-kubernetes-int-or-string': true },
  any: { 'x-kubernetes-preserve-unknown-fields': true },
}

/** A schema in OpenAPI's words, with Kubernetes' marks for lists and maps. */
export function openapiSchema(schema: Schema, depth = 0): Tree {
  if (depth > depthMax) return { 'x-kubernetes-preserve-unknown-fields': true }
  const plain = plainTypes[schema.type]
  const extras = {
    ...(schema.enum ? { enum: schema.enum } : {}),
    ...(schema.default === undefined ? {} : { default: schema.default }),
  }
  if (plain) return { ...plain, ...extras }
  if (schema.type === 'list') {
    const marks =
      schema.keys === 'set'
        ? { 'x-kubernetes-list-type': 'set' }
        : schema.keys
          ? { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': schema.keys }
          : { 'x-kubernetes-list-type': 'atomic' }
    return { type: 'array', items: openapiSchema(schema.items ?? { type: 'any' }, depth + 1), ...marks }
  }
  const atomic = schema.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}
  if (schema.type === 'map')
    return {
      type: 'object',
      additionalProperties: openapiSchema(schema.items ?? { type: 'any' }, depth + 1),
      ...atomic,
    }
  const members = Object.entries(schema.fields ?? {}).map(([name, each]) => [name, openapiSchema(each, depth + 1)])
  const required = schema.required && schema.required.length > 0 ? { required: schema.required } : {}
  return { type: 'object', properties: Object.fromEntries(members) as Tree, ...required, ...atomic, ...extras }
}
