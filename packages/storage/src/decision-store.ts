import { Decision } from '@gridgate/core/policy/decision'
import type { DecisionStore } from '@gridgate/core/policy/decision-store'
import { positionOf } from '@gridgate/core/policy/list-decisions'
import { listPage } from './list-page.ts'
import type { Item, Store } from './store.ts'
import { keys, lists } from './table.ts'

/** How long a decision is kept: a year, and a month to look back on it. */
const keptDaysMax = 396

/** Decisions by id, and in the order of time. */
export function decisionStore(store: Store): DecisionStore {
  return {
    append: (decision) => store.write({ put: toItem(decision), when: 'absent' }),
    async find(id) {
      const item = await store.get(keys.decision(id))
      return item && fromItem(item)
    },
    list: (options) => listPage(store, { list: lists.decisions, fromItem, newestFirst: true }, options),
  }
}

const toItem = (decision: Decision): Item => ({
  ...keys.decision(decision.id),
  listPk: lists.decisions,
  listSk: positionOf(decision),
  ttl: Math.floor(Date.parse(decision.at) / 1000) + keptDaysMax * 86_400,
  json: JSON.stringify(decision),
})

const fromItem = (item: Item): Decision => Decision.parse(JSON.parse(String(item.json)))
