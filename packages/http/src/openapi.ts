import { errorStatuses } from '@gridgate/core/errors'
import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import type { Route } from './route.ts'

type Schema = Record<string, unknown>
type AnyRoute = Route<unknown, unknown, unknown>

/** Codes that every route may answer with, beside its own. */
const everywhere = [
  ...(['request.invalid', 'precondition.failed', 'rate.limited', 'request.timeout', 'internal'] as const),
  'service.unavailable',
] as const
const guarded = ['auth.missing', 'auth.forbidden'] as const
const underKey = ['idempotency.in_progress', 'idempotency.mismatch'] as const
const withBody = ['request.malformed_json', 'request.too_large', 'request.media_type'] as const

/**
 * The OpenAPI 3.1 document of all endpoints, made from the schemas that validate.
 * @param version of the product, for `info.version`
 */
export function openApi(endpoints: readonly Endpoint[], version: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {}
  for (const { route } of endpoints) {
    for (const { method, path } of [route, ...route.aliases]) {
      const isAlias = method !== route.method || path !== route.path
      const operations = paths[path] ?? {}
      operations[method.toLowerCase()] = operation(route, method, path, isAlias)
      paths[path] = operations
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gridgate',
      version,
      description: 'The control plane of a network of AI Kubernetes clusters.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key (gg_…), or an access token of the configured issuer',
        },
      },
      schemas: { Problem: problemSchema, Json: json.schema },
    },
  }
}

function operation(route: AnyRoute, method: string, path: string, isAlias: boolean): Schema {
  return {
    operationId: operationId(method, path),
    summary: route.summary,
    tags: [path.split('/')[1] ?? 'root'],
    ...(isAlias ? { deprecated: true, description: `Same as ${route.method} ${route.path}.` } : {}),
    ...(route.access === 'anyone' ? { security: [] } : { 'x-access': route.access }),
    parameters: [
      ...parameters('path', route.params).filter(({ name }) => path.includes(`{${name}}`)),
      ...parameters('query', route.query),
      ...(method !== 'GET' && heedsKey(route) ? [idempotencyKey] : []),
    ],
    ...(route.body
      ? {
          requestBody: {
            required: !route.body.safeParse(undefined).success,
            content: { 'application/json': { schema: toSchema(route.body, 'input') } },
          },
        }
      : {}),
    responses: responses(route),
  }
}

const operationId = (method: string, path: string): string =>
  `${method.toLowerCase()}${path.replaceAll(/[{}]/g, '').replaceAll(/[^A-Za-z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`

function parameters(where: 'path' | 'query', schema: z.ZodType): { name: string; [more: string]: unknown }[] {
  const { properties = {}, required = [] } = toSchema(schema, 'input') as {
    properties?: Record<string, Schema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: value,
  }))
}

/** Whether the same request under the same key is done once: nothing is kept for callers that nobody knows. */
const heedsKey = ({ method, access }: AnyRoute): boolean => method !== 'GET' && access !== 'anyone'

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

function responses(route: AnyRoute): Schema {
  const data = toSchema(route.returns, 'output')
  const success = route.envelope
    ? {
        type: 'object',
        required: ['success', 'data', ...Object.keys(route.beside)],
        properties: { success: { const: true }, data, ...besideOf(route), warnings: warningsSchema },
      }
    : data
  const found: Record<string, Schema> = {
    [String(route.status)]: { description: 'Success', content: { [route.mediaType]: { schema: success } } },
  }
  const codes = [
    ...everywhere,
    ...(route.access === 'anyone' ? [] : guarded),
    ...(route.body ? withBody : []),
    ...(heedsKey(route) ? underKey : []),
    ...(heedsKey(route) && route.oneTimeSecret ? (['idempotency.not_replayable'] as const) : []),
    ...route.errors,
  ]
  for (const code of [...new Set(codes)].sort()) {
    const status = String(errorStatuses[code])
    const description = found[status] ? `${found[status].description}, ${code}` : code
    found[status] = {
      description,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }
  }
  return found
}

function besideOf(route: AnyRoute): Record<string, Schema> {
  const named = Object.entries(route.beside).map(([name, schema]) => [name, toSchema(schema, 'output')])
  return { ...(isPaged(route) ? nextCursor : {}), ...Object.fromEntries(named) }
}

/** Lists take a cursor, and tell the next one beside their data (spec/decisions.md 6). */
const isPaged = ({ query, body }: AnyRoute): boolean =>
  [query, body].some((schema) => schema && 'cursor' in ((toSchema(schema, 'input').properties as Schema) ?? {}))

const nextCursor = { next_cursor: { type: ['string', 'null'], description: 'null on the last page' } }

/** A schema as it may stand anywhere in the document. @throws {TypeError} for one that refers to itself, unless it is `z.json()` */
function toSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $defs = {}, ...made } = rawSchema(schema, io) as Schema & { $defs?: Record<string, Schema> }
  let text = JSON.stringify(made)
  for (const [name, definition] of Object.entries($defs)) {
    if (referringTo(name, JSON.stringify(definition)) !== json.text)
      throw new TypeError('a schema that refers to itself needs a component of its own')
    text = referringTo(name, text)
  }
  return JSON.parse(text) as Schema
}

function rawSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
  }) as Schema
  return made
}

/** References to a definition of one schema lead nowhere from the document's root, so they name the component instead. */
const referringTo = (name: string, text: string): string =>
  text.replaceAll(`"#/$defs/${name}"`, '"#/components/schemas/Json"')

/** Any JSON value, the one component that refers to itself. */
const json = jsonComponent()

function jsonComponent(): { schema: Schema; text: string } {
  const { $defs } = rawSchema(z.object({ value: z.json() }), 'output') as { $defs: Record<string, Schema> }
  const [[name = '', definition] = []] = Object.entries($defs)
  const text = referringTo(name, JSON.stringify(definition))
  return { schema: JSON.parse(text) as Schema, text }
}

const warningsSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['code', 'detail'],
    properties: { code: { type: 'string' }, detail: { type: 'string' }, pointer: { type: 'string' } },
  },
}

const problemSchema = {
  type: 'object',
  description: 'RFC 9457, plus the members that old clients read.',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id', 'success', 'message'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { enum: Object.keys(errorStatuses) },
    request_id: { type: 'string' },
    details: { type: 'object' },
    success: { const: false },
    message: { type: 'string' },
  },
}
