import type { z } from 'zod'
import type { Caller } from '../caller.ts'
import type { ClusterId } from '../cluster/cluster.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { invalidBody } from '../cluster/invalid-document.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import {
  type Heartbeat,
  type HeartbeatReply,
  type HeartbeatRequest,
  heartbeatSeconds,
  reportingOf,
} from './heartbeat.ts'

type HeartbeatPorts = Needs<'clusters' | 'heartbeats' | 'summaries' | 'gatewayKeys' | 'clock' | 'log'>

/** How far a report's time may be ahead of ours, in seconds: one far ahead would make all that follow look late. */
const aheadSecondsMax = 60
/** Times an enrolment is decided anew because somebody else wrote in between. */
const attemptsMax = 5

/** The caller that a signed call of a cluster's controller is, by the key that signed it. */
export const controllerCallerId = (key: JsonObject): string => `controller:${String(key.kid)}`

/**
 * Records that a cluster's controller lives, and enrols the key that is to follow when the enrolled one signed for it
 * (spec/decisions.md 45). An older report than the last changes nothing, so one that is sent again does no harm.
 * @throws {GridError} `cluster.not_found`; `request.invalid` for a time that is yet to come; `auth.invalid` for a new key under a signature that is no longer believed
 */
export async function recordHeartbeat(
  ports: HeartbeatPorts,
  id: ClusterId,
  report: HeartbeatRequest,
  caller: Caller,
): Promise<z.infer<typeof HeartbeatReply>> {
  const stored = await ports.clusters.findOutline(id)
  if (!stored) throw clusterNotFound(id)
  const now = ports.clock.now()
  if (Date.parse(report.sent_at) > now.getTime() + aheadSecondsMax * 1000)
    throw invalidBody([{ pointer: '/sent_at', detail: 'is yet to come' }])
  const key = report.next_key ? await enrol(ports, stored, report.next_key, caller) : stored.system.controllerKey
  const last = await ports.heartbeats.find(id)
  const before = reportingOf(last, now)
  const isNew = await ports.heartbeats.put(toHeartbeat(id, report, before.state === 'live' ? last : null, now))
  if (isNew && report.summary) await ports.summaries.put(id, report.summary, now)
  if (before.state !== 'live')
    ports.log.info('cluster.live', { clusterId: id, before: before.state, since: before.since })
  const audience = { iss: 'gridgate', aud: id, iat: now.getTime() / 1000, exp: now.getTime() / 1000 + heartbeatSeconds }
  const keys = await ports.gatewayKeys.publicKeys()
  return {
    interval_seconds: heartbeatSeconds,
    gateway_keys: await ports.gatewayKeys.signWithAll('keys', { ...audience, keys }),
    enrolled_key: String(key?.kid ?? ''),
  }
}

const toHeartbeat = (clusterId: string, report: HeartbeatRequest, last: Heartbeat | null, now: Date): Heartbeat => ({
  clusterId,
  version: report.version,
  startedAt: report.started_at,
  sentAt: report.sent_at,
  receivedAt: now.toISOString(),
  liveSince: last?.liveSince ?? now.toISOString(),
})

async function enrol(
  ports: Needs<'clusters' | 'log'>,
  first: StoredCluster,
  next: JsonObject,
  caller: Caller,
): Promise<JsonObject> {
  const { id } = first.cluster
  let stored = first
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const { controllerKey } = stored.system
    if (controllerKey?.kid === next.kid) return next
    if (!controllerKey || caller.id !== controllerCallerId(controllerKey))
      throw new GridError('auth.invalid', 'only the enrolled key can be followed by another')
    try {
      await ports.clusters.writeSystem(id, stored.version, { controllerKey: next })
      ports.log.info('controller_key.enrolled', { clusterId: id, kid: next.kid })
      return next
    } catch (error) {
      if (!(error instanceof GridError) || error.code !== 'cluster.changed') throw error
    }
    const again = await ports.clusters.findOutline(id)
    if (!again) throw clusterNotFound(id)
    stored = again
  }
  throw new GridError('service.unavailable', `cluster ${id} is being changed by too many at once`, {
    retryAfterSeconds: 1,
  })
}
