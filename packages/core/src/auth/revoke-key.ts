import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { hasExpired, shownKey } from './api-key.ts'
import type { StoredKey } from './key-store.ts'
import { allKeys } from './list-keys.ts'

/** Times a removal is decided anew because somebody else revoked a key in between. */
const attemptsMax = 5

type RevokePorts = Needs<'keys' | 'trail' | 'clock'>

/**
 * Ends a key, everywhere within the seconds that a known key is not looked up again (remember-keys.ts).
 * @throws {GridError} `key.not_found`; `key.last_admin` for a key that would leave nobody to make another
 */
export async function revokeKey(
  ports: RevokePorts,
  keyId: string,
  { caller }: { caller: Caller },
): Promise<{ message: string; key_id: string }> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const keys = await allKeys(ports)
    const revoked = keys.find((key) => key.keyId === keyId)
    if (!revoked) throw new GridError('key.not_found', `no key ${keyId}`)
    const successor = caller.id === keyId ? successorOf(ports, revoked, keys) : null
    if (!(await ports.keys.remove(revoked, successor))) continue
    ports.trail.note({ subject: `key ${keyId}`, before: shownKey(revoked), after: null })
    return { message: 'Key revoked', key_id: keyId }
  }
  throw new GridError('service.unavailable', 'too many revoke keys at once', { retryAfterSeconds: 1 })
}

/** Another key that can make keys: it must still be there when this one goes. @throws {GridError} `key.last_admin` */
function successorOf(ports: Needs<'clock'>, revoked: StoredKey, keys: readonly StoredKey[]): StoredKey {
  const now = ports.clock.now()
  const successor = keys.find(
    (key) => key.role === 'network-admin' && key.keyId !== revoked.keyId && !hasExpired(key, now),
  )
  if (successor) return successor
  throw new GridError(
    'key.last_admin',
    `${revoked.keyId} is the last key of the role network-admin; make another before revoking it`,
  )
}
