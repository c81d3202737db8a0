import type { Identified } from '@gridgate/core/auth/authenticator'
import { type Caller, inScope } from '@gridgate/core/caller'
import { clusterNotFound } from '@gridgate/core/cluster/read-cluster'
import { GridError } from '@gridgate/core/errors'
import type { Needs } from '@gridgate/core/ports'
import type { Context } from 'hono'
import { fromThisMachine } from './from-this-machine.ts'
import type { Route } from './route.ts'

const nobody: Caller = { id: 'anonymous', role: 'viewer', clusters: [] }

const ranks = { viewer: 1, 'cluster-manager': 2, 'network-admin': 3 } as const

type Guarded = Pick<Route<unknown, unknown, unknown>, 'access' | 'method' | 'path'>

/**
 * Tells who calls and whether their role may (spec/decisions.md 44).
 * @param known is told who calls, also where they may not
 * @throws {GridError} `auth.missing`, `auth.invalid`, `auth.forbidden`
 */
export async function authorize(
  ports: Needs<'authenticator'>,
  route: Guarded,
  context: Context,
  known: (caller: Caller) => void,
): Promise<Identified> {
  if (route.access === 'anyone') {
    known(nobody)
    return nobody
  }
  const caller = await ports.authenticator.identify({
    authorization: context.req.header('authorization') ?? null,
    fromThisMachine: fromThisMachine(context),
    method: context.req.method,
    path: pathWithQuery(context.req.url),
  })
  known(caller)
  if (may(caller, route)) return caller
  throw new GridError('auth.forbidden', `the role ${caller.role} may not do this`)
}

/** A cluster out of scope answers as if it were not there. @throws {GridError} `cluster.not_found` */
export function requireScope(caller: Caller, { access }: Guarded, context: Context): void {
  const clusterId = context.req.param('cluster_id')
  if (access !== 'anyone' && clusterId !== undefined && !inScope(caller, clusterId)) throw clusterNotFound(clusterId)
}

function may({ role, clusters }: Caller, route: Guarded): boolean {
  const { access } = route
  if (access === 'anyone') return true
  if (access === 'service') return role === 'service' || role === 'network-admin'
  if (role === 'service') return clusters !== '*' && isReadOfCluster(route)
  return ranks[role] >= ranks[access]
}

/** What a service may read of the clusters that it is for. */
const isReadOfCluster = ({ access, method, path }: Guarded): boolean =>
  access === 'viewer' && method === 'GET' && path.includes('{cluster_id}')

/** What is asked for, as it was asked. */
export function pathWithQuery(text: string): string {
  const { pathname, search } = new URL(text)
  return pathname + search
}
