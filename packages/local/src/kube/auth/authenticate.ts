import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { forbidden, unauthorized } from '../status-error.ts'
import type { Store } from '../store.ts'
import { isAllowed, refusalText } from './rbac.ts'
import type { Tokens, User } from './tokens.ts'

/**
 * Who sends the request: by bearer token, else by client certificate; then whom they act for.
 * @throws {StatusError} 401 without good credentials, 403 when they may not act for the other.
 */
export function authenticate(request: IncomingMessage, tokens: Tokens, store: Store, now: number): User {
  const user = tokenUser(request, tokens, store, now) ?? certificateUser(request)
  if (!user) throw unauthorized()
  return impersonated(request, user, store)
}

function tokenUser(request: IncomingMessage, tokens: Tokens, store: Store, now: number): User | undefined {
  const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ')
  if (scheme.toLowerCase() !== 'bearer') return undefined
  const user = tokens.userOf(token, store, now)
  if (!user) throw unauthorized()
  return user
}

function certificateUser(request: IncomingMessage): User | undefined {
  const socket = request.socket as TLSSocket
  if (!socket.authorized) return undefined
  const { subject } = socket.getPeerCertificate()
  const organisations: unknown = subject.O ?? []
  const groups = Array.isArray(organisations) ? organisations.map(String) : [String(organisations)]
  return { name: String(subject.CN), groups: [...groups, 'system:authenticated'] }
}

function impersonated(request: IncomingMessage, user: User, store: Store): User {
  const name = request.headers['impersonate-user']
  if (typeof name !== 'string') return user
  const groups = [request.headers['impersonate-group'] ?? []].flat().flatMap((each) => each.split(/, */))
  for (const [resource, value] of [['users', name], ...groups.map((group) => ['groups', group])]) {
    const attempt = { verb: 'impersonate', group: '', resource: resource ?? '', namespace: '', name: value ?? '' }
    if (!isAllowed(store, user, attempt))
      throw forbidden({ group: '', resource: attempt.resource, name: attempt.name }, refusalText(user, attempt))
  }
  const account = /^system:serviceaccount:([^:]+):/.exec(name)?.[1]
  const implied = account ? ['system:serviceaccounts', `system:serviceaccounts:${account}`] : []
  return { name, groups: [...new Set([...groups, ...implied, 'system:authenticated'])] }
}
