import { GridError } from '@gridgate/core/errors'
import { Hono } from 'hono'
import { z } from 'zod'
import { get } from './define-route.ts'
import type { Endpoint } from './endpoint.ts'
import { problem } from './problem.ts'

/** One callable method and path, as the manifest lists them. */
export interface Callable {
  method: string
  path: string
}

/**
 * Answers whatever no endpoint takes: 405 with `Allow` where the path exists, 404 elsewhere. Asks for no credential,
 * because it tells nothing that the public API document does not.
 */
export function fallback(callables: readonly Callable[]): Endpoint {
  const patterns = callables.map(({ method, path }) => ({ method, pattern: toPattern(path) }))
  return {
    route: get('/*', { summary: 'Anything else', access: 'anyone', returns: z.never() }),
    app(ports) {
      return new Hono().all('*', (context) => {
        const path = context.req.path
        const allowed = [...new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))]
        return problem(refusal(context.req.method, allowed.sort()), ports.ids.next())
      })
    },
  }
}

function refusal(method: string, allowed: string[]): GridError {
  if (allowed.length === 0)
    return new GridError('route.not_found', 'there is nothing at this path; GET /openapi.json lists what there is')
  return new GridError('route.method_not_allowed', `${method} is not offered here, only ${allowed.join(', ')}`, {
    headers: { allow: allowed.join(', ') },
  })
}

/** `/tasks/{id}` → one segment that is not empty in place of each parameter. */
const toPattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
