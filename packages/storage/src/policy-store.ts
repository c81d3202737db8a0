import { GridError } from '@gridgate/core/errors'
import type { PolicyCode } from '@gridgate/core/policy/engine'
import { Policy } from '@gridgate/core/policy/policy'
import type { PolicyStore, StoredPolicy } from '@gridgate/core/policy/policy-store'
import { listPage } from './list-page.ts'
import { orConflict } from './policy-conflict.ts'
import type { Item, Store, Write } from './store.ts'
import { keys, lists } from './table.ts'

/** Policy versions whose code this process keeps at hand; code never changes under its digest. */
const cachedCodesMax = 32

/** The policy registry: the entry as one row, its code as another. */
export function policyStore(store: Store): PolicyStore {
  const cached = new Map<string, PolicyCode>()
  return {
    async find(uri) {
      const item = await store.get(keys.policy(uri))
      return item && fromItem(item)
    },
    async code(uri, digest) {
      const known = cached.get(`${uri}#${digest}`)
      if (known) return known
      const item = await store.get(keys.policyCode(uri))
      if (item?.digest !== digest) return null
      const code = { digest, kind: item.kind, data: item.data } as PolicyCode
      for (const oldest of cached.keys()) if (cached.size >= cachedCodesMax) cached.delete(oldest)
      cached.set(`${uri}#${digest}`, code)
      return code
    },
    async create(policy, code) {
      const uri = policy.policy_rule_uri
      const exists = (): GridError =>
        new GridError('policy.exists', `the policy ${uri} is registered; publish a new version`)
      await orConflict(store.write({ put: toItem(policy, 1), when: 'absent' }, ...toCodeWrites(policy, code)), exists)
      return { policy, version: 1 }
    },
    async replace(policy, code, version) {
      const put = toItem(policy, version + 1)
      const written = store.write({ put, when: { equals: { version } } }, ...toCodeWrites(policy, code))
      await orConflict(written, () => changed(policy.policy_rule_uri))
      return { policy, version: version + 1 }
    },
    async remove(uri, version) {
      const removal = store.write(
        { remove: keys.policy(uri), when: { equals: { version } } },
        { remove: keys.policyCode(uri) },
      )
      await orConflict(removal, () => changed(uri))
    },
    list: (options) => listPage(store, { list: lists.policies, fromItem }, options),
  }
}

const changed = (uri: string): GridError =>
  new GridError('policy.changed', `the policy ${uri} was changed by somebody else meanwhile`)

const toItem = (policy: Policy, version: number): Item => ({
  ...keys.policy(policy.policy_rule_uri),
  listPk: lists.policies,
  listSk: policy.policy_rule_uri,
  version,
  json: JSON.stringify(policy),
})

const toCodeWrites = (policy: Policy, code: PolicyCode | null): Write[] =>
  code ? [{ put: { ...keys.policyCode(policy.policy_rule_uri), ...code } }] : []

const fromItem = (item: Item): StoredPolicy => ({
  policy: Policy.parse(JSON.parse(String(item.json))),
  version: Number(item.version),
})
