import type { Identified } from '@gridgate/core/auth/authenticator'
import { type Caller, inScope } from '@gridgate/core/caller'
import { GridError } from '@gridgate/core/errors'
import type { Needs } from '@gridgate/core/ports'
import type { Context } from 'hono'
import { fromThisMachine } from './from-this-machine.ts'
import type { Access } from './route.ts'

const nobody: Caller = { id: 'anonymous', role: 'viewer', clusters: [] }

const ranks = { viewer: 1, 'cluster-manager': 2, 'network-admin': 3 } as const

/**
 * Tells who calls and whether they may (spec/decisions.md 44). A cluster out of scope answers as if it were not there.
 * @throws {GridError} `auth.missing`, `auth.invalid`, `auth.forbidden`, `cluster.not_found`
 */
export async function authorize(ports: Needs<'authenticator'>, access: Access, context: Context): Promise<Identified> {
  if (access === 'anyone') return nobody
  const caller = await ports.authenticator.identify({
    authorization: context.req.header('authorization') ?? null,
    fromThisMachine: fromThisMachine(context),
    method: context.req.method,
    path: pathWithQuery(context.req.url),
  })
  if (!may(caller, access)) throw new GridError('auth.forbidden', `the role ${caller.role} may not do this`)
  const clusterId = context.req.param('cluster_id')
  if (clusterId !== undefined && !inScope(caller, clusterId))
    throw new GridError('cluster.not_found', 'no such cluster')
  return caller
}

function may(caller: Caller, access: Exclude<Access, 'anyone'>): boolean {
  if (access === 'service') return caller.role === 'service' || caller.role === 'network-admin'
  if (caller.role === 'service') return false
  return ranks[caller.role] >= ranks[access]
}

function pathWithQuery(text: string): string {
  const { pathname, search } = new URL(text)
  return pathname + search
}
