import { setTimeout as delay } from 'node:timers/promises'
import { GridError } from '@gridgate/core/errors'
import type { JsonObject } from '@gridgate/core/json'
import type { Needs } from '@gridgate/core/ports'
import { z } from 'zod'
import type { Identity } from '../identity/identity.ts'
import type { GatewayClient } from './gateway-client.ts'
import type { GatewayTrust } from './gateway-trust.ts'

/** Pause between two heartbeats until the gateway says another, in seconds. */
const pauseSecondsDefault = 30
const pauseSecondsMax = 300
/** After a failure the next try comes sooner, later and later, in seconds. */
const retrySecondsMin = 2

const Answer = z.object({
  interval_seconds: z.number().int().min(1).max(pauseSecondsMax),
  gateway_keys: z.array(z.string()).max(4),
  enrolled_key: z.string(),
})

export interface HeartbeatOptions {
  clusterId: string
  version: string
  startedAt: Date
  gateway: GatewayClient
  identity: Identity
  trust: GatewayTrust
  /** What the cluster measured last, for the network's summary; null when nothing is known. */
  summary: () => Promise<JsonObject | null>
  signal: AbortSignal
}

/**
 * Reports to the gateway until it is stopped: that this controller lives, what it measured, and the key that is to follow.
 * Takes new keys of the gateway from the replies. Only changes between reached and not reached are logged.
 */
export async function keepReporting(ports: Needs<'clock' | 'log'>, options: HeartbeatOptions): Promise<void> {
  const { signal } = options
  let failures = 0
  let pause = 0
  while (!signal.aborted) {
    try {
      pause = await report(ports, options)
      if (failures > 0) ports.log.info('gateway.reached', { clusterId: options.clusterId, failures })
      failures = 0
    } catch (error) {
      failures += 1
      pause = Math.min(retrySecondsMin * 2 ** (failures - 1), pauseSecondsDefault)
      if (failures === 1) ports.log.warn('gateway.lost', { clusterId: options.clusterId, reason: reasonOf(error) })
    }
    // A tenth of chance keeps ten thousand controllers from calling in step.
    await delay(pause * 1000 * (0.9 + Math.random() / 5), undefined, { signal }).catch(() => undefined)
  }
}

async function report(ports: Needs<'clock' | 'log'>, options: HeartbeatOptions): Promise<number> {
  const { clusterId, version, startedAt, gateway, identity, trust } = options
  const next = identity.nextPublicKey()
  const summary = await options.summary().catch((error: unknown) => {
    ports.log.warn('summary.failed', { clusterId, reason: reasonOf(error) })
    return null
  })
  const body: JsonObject = {
    version,
    started_at: startedAt.toISOString(),
    sent_at: ports.clock.now().toISOString(),
    next_key: next as JsonObject | null,
    summary,
  }
  const call = { method: 'POST', path: `/clusters/${clusterId}/heartbeat`, body } as const
  const data = await gateway.call(call).catch((error: unknown) => {
    // The reply that told of the enrolment may have been lost: then the new key is the one that is taken.
    if (next && error instanceof GridError && error.code === 'auth.invalid')
      return gateway.call({ ...call, withNext: true })
    throw error
  })
  const { interval_seconds, gateway_keys, enrolled_key } = Answer.parse(data)
  await trust.learn(gateway_keys, ports.clock.now())
  if (next && enrolled_key === next.kid) {
    await identity.endRotation()
    ports.log.info('key.rotated', { clusterId, kid: enrolled_key })
  }
  return interval_seconds
}

const reasonOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : 'unknown')
