import type { AuditEntry } from '@gridgate/core/audit/audit-entry'
import { GridError } from '@gridgate/core/errors'
import type { Ports } from '@gridgate/core/ports'
import { gatewayApp } from '@gridgate/local/gateway/serve-gateway'
import { compose } from '@gridgate/runtime/compose'
import { readConfig } from '@gridgate/runtime/config'
import { memoryStore } from '@gridgate/storage/memory-store'
import type { Item, Store } from '@gridgate/storage/store'
import { scriptedEngine } from '../scripted-engine.ts'
import { makeTestKey } from '../signing.ts'
import { auditEntries, isAudit } from '../world.ts'
import { type Calling, openCallers, openKeyed } from './callers.ts'
import { fillNetwork, theirs } from './network.ts'
import type { Asked } from './requests.ts'

/** A reply without what tells two requests apart. */
export interface Answer {
  status: number
  headers: Record<string, string>
  text: string
}

/** A whole gateway on a filled table in memory, with real authentication. */
export interface OpenedNetwork {
  callers: Calling[]
  /** A viewer of what is out of the callers' scope, and of nothing else. */
  neighbour: Calling
  ask(caller: Calling, asked: Asked): Promise<Answer>
  /** Everything stored but the audit log. */
  rows(): Item[]
  audit(): AuditEntry[]
  /** Puts back what was there at first. */
  reset(): Promise<void>
  /** Failures that nobody listed. */
  unexpected: string[]
}

export async function openNetwork(): Promise<OpenedNetwork> {
  let current = memoryStore()
  const unexpected: string[] = []
  const ports = compose(
    readConfig({ GRIDGATE_INFRA_CONFIG: '{"gatewayUrl": "https://gateway.example"}', GRIDGATE_RATE_LIMIT: '0' }),
    {
      store: replaceable(() => current),
      log: { info() {}, warn() {}, error: (event, fields) => void unexpected.push(`${event}: ${fields?.error}`) },
      ports: beyondTheTable(),
    },
  )
  const controllerKey = await makeTestKey('own')
  await fillNetwork(ports, controllerKey.publicKey)
  const callers = await openCallers(ports, controllerKey)
  const neighbour = await openKeyed(ports, 'neighbour', 'viewer', [theirs])
  const first = current.all()
  const app = await gatewayApp(() => ports)
  return {
    callers,
    neighbour,
    unexpected,
    rows: () => current.all().filter((item) => !isAudit(item)),
    audit: () => auditEntries(current.all()),
    async reset() {
      current = memoryStore()
      await current.writeMany(first.map((put) => ({ put })))
    },
    ask: askOf((path, init) => app.request(path, init)),
  }
}

type Requesting = (path: string, init: RequestInit) => Response | Promise<Response>

/** Asks an application as a caller, and drops what tells two requests apart. */
export const askOf =
  (request: Requesting) =>
  async (caller: Calling, asked: Asked, more: Record<string, string> = {}): Promise<Answer> => {
    const given = await caller.headers(asked)
    const headers = { prefer: 'wait=0', 'content-type': 'application/json', ...given, ...more }
    const body = asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }
    const reply = await request(asked.path, { method: asked.method, headers, ...body })
    const { 'x-request-id': id, ...rest } = Object.fromEntries(reply.headers)
    const text = await reply.text()
    return { status: reply.status, headers: rest, text: id === undefined ? text : text.replaceAll(id, 'request') }
  }

/** One store for the ports, whose content can be put back. */
const replaceable = (current: () => Store): Store => ({
  get: (key) => current().get(key),
  query: (query) => current().query(query),
  write: (...writes) => current().write(...writes),
  add: (row, amounts) => current().add(row, amounts),
  writeMany: (writes) => current().writeMany(writes),
})

/** What a call may lead to beyond the table: nobody answers there. */
function beyondTheTable(): Partial<Ports> {
  const refuse = async (): Promise<never> => {
    throw new GridError('controller.unreachable', 'nobody answers')
  }
  const nothing = async (): Promise<void> => undefined
  let ids = 0
  return {
    clock: { now: () => new Date(Date.UTC(2030, 0, 1)) },
    ids: { next: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}` },
    engine: scriptedEngine(),
    controllers: { call: refuse },
    executorClient: { requireCallable: () => undefined, evaluate: refuse },
    codeFetcher: { fetch: refuse },
    workflows: { start: nothing, status: async () => null },
    kubeconfigs: { put: async () => 'reference', open: refuse, destroy: nothing },
    gatewayKeys: {
      publicKeys: async () => [],
      sign: refuse,
      signWithAll: async () => [],
      ensure: async () => false,
      rotate: async () => 'kid',
    },
    webhookSecrets: { create: nothing, remove: async () => false, list: async () => [], open: async () => [] },
    alarmQueue: { send: nothing },
    notifications: { targets: [], send: nothing },
    health: { check: async () => ({}) },
  }
}
