import type { Ports } from '@gridgate/core/ports'
import type { Endpoint } from '@gridgate/http/endpoint'
import type { World } from './world.ts'

export interface Answer {
  status: number
  etag: string | null
  body: {
    success?: boolean
    data?: Record<string, unknown>
    code?: string
    details?: Record<string, unknown>
    warnings?: { code: string; pointer?: string }[]
    next_cursor?: string | null
  }
}

/** Calls an endpoint on a world's ports, as a client would. */
export async function call(
  w: World,
  endpoint: Endpoint<never>,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await (endpoint as Endpoint<Partial<Ports>>).app(w.ports).request(path, {
    method: endpoint.route.method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const parsed = (await response.json()) as Answer['body']
  return { status: response.status, etag: response.headers.get('etag'), body: parsed }
}
