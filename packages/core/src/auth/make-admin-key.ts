import { keepDeed } from '../audit/keep-entry.ts'
import { openTrail } from '../audit/open-trail.ts'
import type { Needs } from '../ports.ts'
import { createKey } from './create-key.ts'

/** How long the key is good: long enough to make others with it. */
const goodMs = 24 * 3600_000

/**
 * Makes a network admin's key for whoever may invoke functions of the account: the first one of a network that believes no
 * token issuer, or one where all others are lost. It is told this once.
 * @throws {GridError} `key.too_many`
 */
export async function makeAdminKey(
  ports: Needs<'keys' | 'clock' | 'audit' | 'log'>,
): Promise<{ key_id: string; key: string; expires_at: string }> {
  const trail = openTrail()
  const expires_at = new Date(ports.clock.now().getTime() + goodMs).toISOString()
  const made = await createKey(trail.over(ports), { name: 'made in the account', role: 'network-admin', expires_at })
  const [by, operation] = ['make-admin-key', 'keys/create']
  await keepDeed(ports, { by, operation, clusterId: null, subject: `key ${made.key_id}` }, trail)
  return { ...made, expires_at }
}
