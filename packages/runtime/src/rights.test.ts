import { expect, it } from 'vitest'
import { portName, portsOfEndpoint } from './rights.ts'

const read = { ports: ['tasks'], access: 'viewer', method: 'GET', aliases: [], isAudited: false } as const
it.each([
  [
    'that writes identifies callers, keeps answers and leaves entries in the audit log',
    { ...read, method: 'POST' as const, isAudited: true },
    ['authenticator', 'idempotency', 'audit.append', 'tasks'],
  ],
  [
    'that is asked by POST leaves no entry',
    { ...read, method: 'POST' as const },
    ['authenticator', 'idempotency', 'tasks'],
  ],
  ['that only looks keeps none', read, ['authenticator', 'tasks.read']],
  [
    'with an alias that writes keeps answers',
    { ...read, aliases: ['POST /a'], isAudited: true },
    ['authenticator', 'idempotency', 'audit.append', 'tasks'],
  ],
  ['for anyone identifies nobody', { ...read, access: 'anyone' as const }, ['tasks.read']],
])('an endpoint %s', (_, row, ports) => {
  expect(portsOfEndpoint(row)).toEqual(['ids', 'log', 'rateLimiter', ...ports])
})

it('a port has its name before the way it is used', () => {
  expect(['tasks', 'tasks.read', 'workflows.start:join-node'].map(portName)).toEqual(['tasks', 'tasks', 'workflows'])
})
