import { randomUUID } from 'node:crypto'
import { signedHeaders } from '@gridgate/core/alarm/webhook-signature'
import { fixture } from '../alarm-trust.ts'
import { publish } from '../policy-world.ts'
import type { Calling } from './callers.ts'
import type { EmbeddedNetwork } from './embedded-network.ts'
import type { Asked } from './requests.ts'

/** A request that finds what it is about, with headers of its own. */
export interface Deep extends Asked {
  headers?: Record<string, string>
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>

/** What some routes are asked beside their samples, once what they are about is there. */
export const deepRequests: Record<string, (network: EmbeddedNetwork, ask: Ask) => Promise<Deep>> = {
  async 'clusters/delete'(_, ask) {
    await ask('POST', '/clusters/create', { id: 'spare-1', regionId: 'eu', nodes: { count: 0, nodeData: [] } })
    return { method: 'DELETE', path: '/clusters/delete/spare-1' }
  },
  async 'keys/revoke'(_, ask) {
    const { key_id } = await ask('POST', '/keys', { name: 'spare', role: 'viewer' })
    return { method: 'DELETE', path: `/keys/${key_id}` }
  },
  async 'policies/delete'(network) {
    const uri = await publish(network, 'admit', { name: 'spare' })
    return { method: 'DELETE', path: `/policy/${uri}` }
  },
  async 'alarms/receive-eventbridge'() {
    const event = fixture('eventbridge-metric') as { detail: { state: object } }
    const state = { ...event.detail.state, timestamp: new Date().toISOString().replace('Z', '+0000') }
    const body = { ...event, detail: { ...event.detail, state } }
    return { method: 'POST', path: '/alarms/eventbridge', body }
  },
  async 'webhook-secrets/delete'(_, ask) {
    const { secret_id } = await ask('POST', '/webhook-secrets', { name: 'spare' })
    return { method: 'DELETE', path: `/webhook-secrets/${secret_id}` }
  },
  async 'alarms/receive-webhook'(_, ask) {
    const { secret } = await ask('POST', '/webhook-secrets', { name: 'spare' })
    const body = { alarm_name: 'a', state: 'alarm', state_at: new Date().toISOString() }
    const told = { id: randomUUID(), text: JSON.stringify(body), at: new Date() }
    const headers = signedHeaders(told, String(secret)) ?? {}
    return { method: 'POST', path: '/alarms/webhook', body, headers }
  },
}

/** Asks as a caller, and gives what the reply's data holds. */
export const asking =
  (network: EmbeddedNetwork, caller: Calling): Ask =>
  async (method, path, body) => {
    const { status, text } = await network.ask(caller, { method, path, ...(body === undefined ? {} : { body }) })
    if (status >= 300) throw new Error(`${method} ${path} answered ${status} ${text}`)
    return (JSON.parse(text) as { data: Record<string, unknown> }).data
  }
