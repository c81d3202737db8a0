import type { Ports } from '@gridgate/core/ports'
import type { Endpoint } from '@gridgate/http/endpoint'
import { functionName } from '@gridgate/http/manifest-row'
import { endpoints } from '../functions/manifest.ts'
import { actingAs } from './acting-as.ts'
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

/** An endpoint's application on these ports, with the rights of its function; one that only a test has made is the test's own. */
export function appOf(endpoint: Endpoint<never>, ports: Partial<Ports>) {
  const { method, path } = endpoint.route
  const name = endpoints.find((row) => row.method === method && row.path === path)?.name
  const app = (endpoint as Endpoint<Partial<Ports>>).app(ports as Ports)
  return {
    request: async (at: string, init?: RequestInit): Promise<Response> =>
      name === undefined ? app.request(at, init) : actingAs(functionName('', name), async () => app.request(at, init)),
  }
}

/** Calls an endpoint on a world's ports, as a client would; the endpoint has the rights of its function. */
export async function call(
  w: World,
  endpoint: Endpoint<never>,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await appOf(endpoint, w.ports).request(path, {
    method: endpoint.route.method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const parsed = (await response.json()) as Answer['body']
  return { status: response.status, etag: response.headers.get('etag'), body: parsed }
}
