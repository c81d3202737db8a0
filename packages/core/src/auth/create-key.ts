import { invalidBody } from '../cluster/invalid-document.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { createApiKey, expiryYearsMax, keysMax, type NewApiKey, shownKey } from './api-key.ts'
import { allKeys } from './list-keys.ts'

/**
 * Makes an API key, which is told this once.
 * @throws {GridError} `request.invalid` for an expiry that is over or too far, `key.too_many`
 */
export async function createKey(
  ports: Needs<'keys' | 'trail' | 'clock'>,
  { name, role, clusters = '*', expires_at }: NewApiKey,
): Promise<{ key_id: string; key: string }> {
  const expiresAt = expires_at === null ? null : new Date(expires_at).toISOString()
  const problem = expiryProblem(expiresAt, ports.clock.now())
  if (problem) throw invalidBody([{ pointer: '/expires_at', detail: problem }])
  if ((await allKeys(ports)).length >= keysMax)
    throw new GridError('key.too_many', `there are ${keysMax} keys; revoke one first`)

  const { key, stored } = await createApiKey(ports, {
    ...{ name, role, expiresAt },
    clusters: clusters === '*' ? '*' : [...new Set(clusters)],
  })
  ports.trail.note({ subject: `key ${stored.keyId}`, before: null, after: shownKey(stored) })
  return { key_id: stored.keyId, key }
}

function expiryProblem(expiresAt: string | null, now: Date): string | null {
  if (expiresAt === null) return null
  const latest = new Date(now)
  latest.setUTCFullYear(now.getUTCFullYear() + expiryYearsMax)
  if (Date.parse(expiresAt) <= now.getTime()) return 'must be in the future'
  return Date.parse(expiresAt) > latest.getTime() ? `must be within ${expiryYearsMax} years` : null
}
