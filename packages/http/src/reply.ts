import type { Warning } from '@gridgate/core/warning'

/** What a handler may say about its reply beside the data. */
export interface ReplyOptions {
  /** Overrides the route's own status. */
  status?: number
  headers?: Record<string, string>
  warnings?: readonly Warning[]
  /** Version of what was read or written; becomes the ETag. */
  version?: number
  /** Members beside `data`, for example `next_cursor`. */
  beside?: Record<string, unknown>
}

/** Data with something to say about it; a handler may also return the bare data. */
export class Reply<Data> {
  readonly data: Data
  readonly options: ReplyOptions

  constructor(data: Data, options: ReplyOptions = {}) {
    this.data = data
    this.options = options
  }
}

/** The reply as it goes out: `{success: true, data}` unless the route keeps a documented body of its own. */
export function render(
  result: unknown,
  route: { envelope: boolean; status: number; mediaType: string },
  requestId: string,
): Response {
  if (result instanceof Response) {
    result.headers.set('x-request-id', requestId)
    return result
  }
  const { data, options } = result instanceof Reply ? result : new Reply(result)
  const headers: Record<string, string> = {
    'content-type': route.mediaType,
    'x-request-id': requestId,
    ...options.headers,
  }
  if (options.version !== undefined) headers.etag = `"${options.version}"`
  const status = options.status ?? route.status
  if (!route.envelope) return new Response(typeof data === 'string' ? data : JSON.stringify(data), { status, headers })
  const warnings = options.warnings?.length ? { warnings: options.warnings } : {}
  return new Response(JSON.stringify({ success: true, data, ...options.beside, ...warnings }), { status, headers })
}
