import { randomBytes } from 'node:crypto'
import { GridError } from '@gridgate/core/errors'
import type { Cipher } from '@gridgate/core/infra/cipher'
import type { KubeconfigVault } from '@gridgate/core/infra/kubeconfig-vault'
import type { Clock } from '@gridgate/core/ports'
import type { Store } from './store.ts'
import { keys } from './table.ts'

/** Longest time a kubeconfig is held, in seconds; the longest workflow that uses one may take half of it. */
export const heldSecondsMax = 2 * 3600

/**
 * Kubeconfigs, encrypted, each in an item of its own that expires by itself (DESIGN.md decision 3). Cluster and task are
 * authenticated with the text, so a reference is worth nothing to another task.
 */
export function kubeconfigVault(store: Store, cipher: Cipher, clock: Clock): KubeconfigVault {
  return {
    async put(kubeconfigJson, context) {
      const reference = randomBytes(24).toString('base64url')
      const sealed = await cipher.seal(new TextEncoder().encode(kubeconfigJson), { ...context, reference, purpose })
      const expires_at = Math.floor(clock.now().getTime() / 1000) + heldSecondsMax
      const item = { ...keys.kubeconfig(reference), sealed, expires_at, ttl: expires_at }
      await store.write({ put: item, when: 'absent' })
      return reference
    },
    async open(reference, context) {
      const item = await store.get(keys.kubeconfig(reference))
      const sealed = item?.sealed
      if (!(sealed instanceof Uint8Array) || isOver(item?.expires_at, clock)) throw gone(context)
      const plain = await cipher.open(sealed, { ...context, reference, purpose })
      if (plain === null) throw gone(context)
      return new TextDecoder().decode(plain)
    },
    async destroy(reference) {
      await store.write({ remove: keys.kubeconfig(reference) })
    },
  }
}

const purpose = 'kubeconfig'

/** The table removes expired items late, so the time is looked at here too. */
const isOver = (expiresAt: unknown, clock: Clock): boolean =>
  typeof expiresAt !== 'number' || clock.now().getTime() / 1000 >= expiresAt

const gone = ({ taskId }: { taskId: string }): GridError =>
  new GridError('kubeconfig.gone', `the kubeconfig of task ${taskId} is not held any more`)
