import { GridError } from '@gridgate/core/errors'
import { Hono } from 'hono'
import { z } from 'zod'
import { get } from './define-route.ts'
import type { Endpoint } from './endpoint.ts'
import { refuseStranger } from './rate-limit.ts'

/** One callable method and path, as the manifest lists them. */
export interface Callable {
  method: string
  path: string
}

/**
 * Answers whatever no endpoint takes: 405 with `Allow` where the path exists, 404 elsewhere. Asks for no credential,
 * because it tells nothing that the public API document does not; whoever tries paths is counted by address.
 * @param retired paths that took a method once and take none any more: 405 with an empty `Allow` (RFC 9110 §15.5.6)
 */
export function fallback(callables: readonly Callable[], retired: readonly string[] = []): Endpoint {
  const patterns = callables.map(({ method, path }) => ({ method, pattern: toPattern(path) }))
  return {
    route: get('/*', { summary: 'Anything else', access: 'anyone', returns: z.never() }),
    app(ports) {
      return new Hono().all('*', (context) => {
        const path = context.req.path
        const allowed = [...new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))]
        const isKnown = allowed.length > 0 || retired.includes(path)
        return refuseStranger(ports, context, refusal(context.req.method, isKnown ? allowed.sort() : null))
      })
    },
  }
}

function refusal(method: string, allowed: string[] | null): GridError {
  if (allowed === null)
    return new GridError('route.not_found', 'there is nothing at this path; GET /openapi.json lists what there is')
  return new GridError(
    'route.method_not_allowed',
    `${method} is not offered here${allowed.length > 0 ? `, only ${allowed.join(', ')}` : ' any more'}`,
    {
      headers: { allow: allowed.join(', ') },
    },
  )
}

/** `/tasks/{id}` → one segment that is not empty in place of each parameter. */
const toPattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
