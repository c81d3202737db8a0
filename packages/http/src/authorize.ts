import { type Caller, inScope } from '@gridgate/core/caller'
import { GridError } from '@gridgate/core/errors'
import type { Needs } from '@gridgate/core/ports'
import type { Context } from 'hono'
import type { Access } from './route.ts'

const nobody: Caller = { id: 'anonymous', role: 'viewer', clusters: [] }

const ranks = { viewer: 1, 'cluster-manager': 2, 'network-admin': 3 } as const

/**
 * Tells who calls and whether they may (spec/decisions.md 44). A cluster out of scope answers as if it were not there.
 * @throws {GridError} `auth.missing`, `auth.invalid`, `auth.forbidden`, `cluster.not_found`
 */
export async function authorize(ports: Needs<'authenticator'>, access: Access, context: Context): Promise<Caller> {
  if (access === 'anyone') return nobody
  const caller = await ports.authenticator.identify({
    authorization: context.req.header('authorization') ?? null,
    fromLoopback: fromLoopback(context),
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

/**
 * The local server puts the socket into the environment; API Gateway's callers never come from this machine. Neither do the
 * pages that its browser shows (RFC 6454) nor the hosts that a tunnel or a rebound name stands for, so both headers are looked at.
 */
function fromLoopback(context: Context): boolean {
  const env = context.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined
  const address = env?.incoming?.socket?.remoteAddress ?? ''
  const origin = context.req.header('origin')
  return (
    (address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')) &&
    isLoopbackUrl(`http://${context.req.header('host') ?? ''}`) &&
    (origin === undefined || isLoopbackUrl(origin))
  )
}

const isLoopbackUrl = (text: string): boolean =>
  /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(URL.parse(text)?.hostname ?? '')
