import type { ServerResponse } from 'node:http'
import { parse as parseYaml } from 'yaml'
import type { User } from '../auth/tokens.ts'
import { isTree, type KubeObject, type Tree } from '../object.ts'
import { badRequest, notAcceptable, unsupportedMediaType } from '../status-error.ts'
import { decodeProtobuf } from './protobuf.ts'

/** One request, read whole. */
export interface ApiRequest {
  method: string
  path: string
  query: URLSearchParams
  accept: string
  contentType: string
  userAgent: string
  body: Buffer
  user: User
  /** Looks at what a write would store, and throws to prevent that. */
  review?: ((object: KubeObject) => void) | undefined
}

/** What is sent back: an object, a text, or a stream that the handler keeps writing to. */
export type ApiReply =
  | { status: number; body: Tree; warnings?: readonly string[] }
  | { status: number; text: string; contentType: string }
  | { stream: (response: ServerResponse) => void }

/** The forms in which objects can be asked for. */
export interface Representation {
  as: 'object' | 'table' | 'metadata'
}

const served = 'application/json, application/yaml'

/**
 * The form that an `Accept` header asks for first, of those that are served.
 * @throws {StatusError} 406 when it names none of them, for example protobuf alone.
 */
export function representationOf(accept: string): Representation {
  if (accept === '') return { as: 'object' }
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((each) => each.trim())
    const wanted = parameters.find((each) => each.startsWith('as='))?.slice(3)
    if (!['application/json', 'application/*', '*/*', 'application/yaml'].includes(type)) continue
    if (wanted === 'Table' && parameters.includes('v=v1')) return { as: 'table' }
    if (wanted === 'PartialObjectMetadata' || wanted === 'PartialObjectMetadataList') return { as: 'metadata' }
    if (wanted === undefined) return { as: 'object' }
  }
  throw notAcceptable(served)
}

const jsonTypes = ['', 'application/json', 'application/json-patch+json', 'application/merge-patch+json'].concat([
  'application/strategic-merge-patch+json',
  'application/apply-patch+json',
])
const yamlTypes = ['application/yaml', 'application/apply-patch+yaml', 'text/yaml', 'application/x-yaml']

/** The media type of the body, without parameters. */
export const mediaTypeOf = (request: ApiRequest): string =>
  request.contentType.split(';')[0]?.trim().toLowerCase() ?? ''

/**
 * The body as a value; undefined when there is none.
 * @throws {StatusError} 415 for other types, and for protobuf but a few small messages, 400 for text that cannot be read.
 */
export function bodyOf(request: ApiRequest): unknown {
  if (request.body.length === 0) return undefined
  const type = mediaTypeOf(request)
  const message = type === 'application/vnd.kubernetes.protobuf' ? decodeProtobuf(request.body) : undefined
  if (message) return message
  const text = request.body.toString('utf8')
  if (!jsonTypes.includes(type) && !yamlTypes.includes(type)) throw unsupportedMediaType(served)
  try {
    // Apply patches say YAML and are mostly JSON, which is read faster.
    if (jsonTypes.includes(type) || text.trimStart().startsWith('{')) return JSON.parse(text) as unknown
    return parseYaml(text) as unknown
  } catch {
    throw badRequest('the object provided is unrecognized (must be of type ...): the body cannot be read')
  }
}

/** The body as an object. @throws {StatusError} 400 when it is none. */
export function objectBodyOf(request: ApiRequest): Tree {
  const body = bodyOf(request)
  if (!isTree(body)) throw badRequest('the body of the request is not an object')
  return body
}

/** A query parameter that is a switch: present and not `false` or `0`. */
export function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value !== 'false' && value !== '0'
}
