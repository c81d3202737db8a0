import { secretsMax, WebhookSecret, type WebhookSecretStore } from '@gridgate/core/alarm/webhook-secret'
import type { Cipher } from '@gridgate/core/infra/cipher'
import { isWritten } from './is-written.ts'
import type { Item, Store } from './store.ts'
import { keys, lists } from './table.ts'

/** Secrets of webhooks, sealed: a signature is checked with the secret itself, so a digest would not do. */
export function webhookSecretStore(store: Store, cipher: Cipher): WebhookSecretStore {
  const read = async (): Promise<Item[]> =>
    (await store.query({ from: { list: lists.webhookSecrets }, limit: secretsMax })).items
  return {
    async create({ secret, ...entry }) {
      const sealed = await cipher.seal(new TextEncoder().encode(secret), contextOf(entry))
      await store.write({ put: toItem(entry, sealed), when: 'absent' })
    },
    remove: (id) => isWritten(store.write({ remove: keys.webhookSecret(id), when: 'present' })),
    list: async () => (await read()).map(fromItem),
    async open() {
      const opened = (await read()).map(async (item) => {
        const plain =
          item.sealed instanceof Uint8Array ? await cipher.open(item.sealed, contextOf(fromItem(item))) : null
        return plain === null ? [] : [{ ...fromItem(item), secret: new TextDecoder().decode(plain) }]
      })
      return (await Promise.all(opened)).flat()
    },
  }
}

/** Authenticated with the secret, so that one is worth nothing under the id of another. */
const contextOf = ({ secret_id }: WebhookSecret) => ({ purpose: 'webhook-secret', webhookSecret: secret_id })

const toItem = (entry: WebhookSecret, sealed: Uint8Array): Item => ({
  ...keys.webhookSecret(entry.secret_id),
  listPk: lists.webhookSecrets,
  listSk: entry.secret_id,
  sealed,
  json: JSON.stringify(entry),
})

const fromItem = (item: Item): WebhookSecret => WebhookSecret.parse(JSON.parse(String(item.json)))
