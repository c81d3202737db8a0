import type { Caller } from '../caller.ts'
import { invalidBody } from '../cluster/invalid-document.ts'
import { GridError } from '../errors.ts'
import { requireOwner } from '../policy/own-policy.ts'
import type { Needs } from '../ports.ts'
import { freezeProblems } from './check-settings.ts'
import type { Versioned } from './failover-settings-store.ts'
import { activeFreeze } from './freeze.ts'
import {
  type Breaker,
  type NetworkChange,
  type NetworkFailover,
  type StoredNetwork,
  withNetworkChange,
} from './network.ts'
import { shownNetwork } from './read-settings.ts'
import { requireSettingsVersion } from './update-settings.ts'

/** Lost races after which a change without If-Match is given up. */
const attemptsMax = 5

interface NetworkRequest {
  change: NetworkChange
  ifMatch: number | null
  caller: Caller
  requestId: string | null
}

/**
 * Changes how failover works in the network: freezes it, resumes after the breaker, changes what alarms may use up.
 * @throws {GridError} `request.invalid`, `auth.forbidden`, `precondition.failed`, `failover.changed`
 */
export async function updateNetworkFailover(
  ports: Needs<'failoverSettings' | 'trail' | 'clock' | 'log'>,
  { change, ifMatch, caller, requestId }: NetworkRequest,
): Promise<Versioned<NetworkFailover>> {
  requireOwner(caller, null)
  const { before, after, version } = await replaceNetwork(ports, ifMatch, (stored) => {
    const next = withNetworkChange(
      { ...stored, freeze: activeFreeze(stored.freeze, ports.clock.now()) },
      change,
      ports.clock.now(),
    )
    const problems = freezeProblems(next.freeze, ports.clock.now())
    if (problems.length > 0) throw invalidBody(problems)
    return next
  })
  ports.trail.note({ subject: 'failover network', before, after })
  const [isFrozen, isTripped] = [after.freeze !== null, after.breaker !== null]
  ports.log.info('failover_settings.updated', { clusterId: null, isFrozen, isTripped, requestId })
  return { value: shownNetwork(after, ports.clock.now()), version }
}

/** Stops everything automatic until a person resumes. Tripping again changes nothing. @throws {GridError} `failover.changed` */
export async function tripBreaker(ports: Needs<'failoverSettings' | 'log'>, breaker: Breaker): Promise<void> {
  const { before } = await replaceNetwork(ports, null, (stored) => (stored.breaker ? null : { ...stored, breaker }))
  if (before.breaker === null) ports.log.warn('breaker.tripped', { ...breaker })
}

/** @param next makes the new settings, or null where nothing is to be done */
async function replaceNetwork(
  ports: Needs<'failoverSettings'>,
  ifMatch: number | null,
  next: (stored: StoredNetwork) => StoredNetwork | null,
): Promise<{ before: StoredNetwork; after: StoredNetwork; version: number }> {
  for (let attempt = 1; ; attempt++) {
    const { value: before, version } = await ports.failoverSettings.findNetwork()
    requireSettingsVersion(version, ifMatch)
    const after = next(before)
    if (after === null) return { before, after: before, version }
    try {
      return { before, after, version: (await ports.failoverSettings.replaceNetwork(after, version)).version }
    } catch (error) {
      if (!(error instanceof GridError && error.code === 'failover.changed')) throw error
      if (ifMatch === null && attempt >= attemptsMax) throw error
    }
  }
}
