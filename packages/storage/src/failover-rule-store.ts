import type { RuleStore, StoredRule } from '@gridgate/core/alarm/alarm-store'
import { FailoverRule, type RuleName } from '@gridgate/core/alarm/failover-rule'
import { GridError } from '@gridgate/core/errors'
import { listPage } from './list-page.ts'
import { orConflict } from './policy-conflict.ts'
import type { Item, Store } from './store.ts'
import { keys, lists } from './table.ts'

/** The failover rules, by name. */
export function failoverRuleStore(store: Store): RuleStore {
  return {
    async find(name) {
      const item = await store.get(keys.failoverRule(name))
      return item && fromItem(item)
    },
    async create(rule) {
      const exists = (): GridError => new GridError('rule.exists', `the rule ${rule.name} exists`)
      await orConflict(store.write({ put: toItem({ rule, version: 1 }), when: 'absent' }), exists)
      return { rule, version: 1 }
    },
    async replace(rule, version) {
      const next = { rule, version: version + 1 }
      await orConflict(store.write({ put: toItem(next), when: { equals: { version } } }), () => changed(rule.name))
      return next
    },
    async remove(name, version) {
      const removal = store.write({ remove: keys.failoverRule(name), when: { equals: { version } } })
      await orConflict(removal, () => changed(name))
    },
    list: (options) => listPage(store, { list: lists.failoverRules, fromItem }, options),
  }
}

const changed = (name: RuleName): GridError =>
  new GridError('rule.changed', `the rule ${name} was changed by somebody else meanwhile`)

const toItem = ({ rule, version }: StoredRule): Item => ({
  ...keys.failoverRule(rule.name),
  listPk: lists.failoverRules,
  listSk: rule.name,
  version,
  json: JSON.stringify(rule),
})

const fromItem = (item: Item): StoredRule => ({
  rule: FailoverRule.parse(JSON.parse(String(item.json))),
  version: Number(item.version),
})
