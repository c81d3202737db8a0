import { z } from 'zod'
import { JsonObject } from '../json.ts'

/** Pause between two heartbeats, in seconds. */
export const heartbeatSeconds = 30
/** Silence after which a controller counts as stale, then as unreachable: 3 and 10 heartbeats. */
export const staleSeconds = 3 * heartbeatSeconds
export const unreachableSeconds = 10 * heartbeatSeconds

const Instant = z.iso.datetime()

/** Largest summary, in bytes of JSON. */
export const summaryBytesMax = 32 * 1024

/** What a controller says when it reports. */
export const HeartbeatRequest = z.object({
  version: z.string().max(64),
  started_at: Instant,
  sent_at: Instant.describe('an older one than the last changes nothing'),
  next_key: JsonObject.nullable().default(null).describe('the public key (JWK) that is to follow the enrolled one'),
  summary: JsonObject.nullable()
    .default(null)
    .refine(
      (value) => JSON.stringify(value).length <= summaryBytesMax,
      `must be at most ${summaryBytesMax} bytes of JSON`,
    ),
})
export type HeartbeatRequest = z.infer<typeof HeartbeatRequest>

/** What the gateway answers. */
export const HeartbeatReply = z.object({
  interval_seconds: z.number().int(),
  gateway_keys: z.array(z.string()).describe('the keys of the gateway, signed with each of them'),
  enrolled_key: z.string().describe("id of the controller's key that the gateway believes"),
})

/** The last report of a cluster's controller. */
export const Heartbeat = z.object({
  clusterId: z.string(),
  version: z.string(),
  startedAt: z.string(),
  sentAt: z.string(),
  receivedAt: z.string(),
  /** Since when there was no silence long enough to count. */
  liveSince: z.string(),
})
export type Heartbeat = z.infer<typeof Heartbeat>

/** Port: the last report of each cluster, an item of its own, so that the cluster's version stays. */
export interface HeartbeatStore {
  find(clusterId: string): Promise<Heartbeat | null>
  /** False, with nothing written, when one sent at the same time or later is there. */
  put(heartbeat: Heartbeat): Promise<boolean>
}

/** How a cluster's controller reports. */
export const Reporting = z.object({
  state: z.enum(['none', 'live', 'stale', 'unreachable']).describe('none: no controller ever reported'),
  since: z.string().nullable().describe('ISO 8601: since when it is so'),
  last_heartbeat_at: z.string().nullable(),
  version: z.string().nullable(),
  started_at: z.string().nullable(),
})
export type Reporting = z.infer<typeof Reporting>

/** The state by the time of the last report; it comes back by itself with the next one. */
export function reportingOf(last: Heartbeat | null, now: Date): Reporting {
  if (!last) return { state: 'none', since: null, last_heartbeat_at: null, version: null, started_at: null }
  const { receivedAt, version, startedAt: started_at } = last
  const silent = (now.getTime() - Date.parse(receivedAt)) / 1000
  const after = (seconds: number): string => new Date(Date.parse(receivedAt) + seconds * 1000).toISOString()
  const common = { last_heartbeat_at: receivedAt, version, started_at }
  if (silent >= unreachableSeconds) return { state: 'unreachable', since: after(unreachableSeconds), ...common }
  if (silent >= staleSeconds) return { state: 'stale', since: after(staleSeconds), ...common }
  return { state: 'live', since: last.liveSince, ...common }
}
