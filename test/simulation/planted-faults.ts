import { newWatch } from '@gridgate/core/alarm/alarm-watch'
import type { Instances } from '@gridgate/core/repair/instances'
import { actionStore } from '@gridgate/storage/action-store'
import { alarmWatchStore } from '@gridgate/storage/alarm-watch-store'
import { historyStore } from '@gridgate/storage/history-store'
import type { Promised } from './journal.ts'
import type { Fault } from './simulate.ts'

/** A fault, and the promise that it breaks. */
export interface PlantedFault extends Fault {
  breaks: Promised
}

/**
 * Every effect is asked for twice, with another fence and another key. It does no harm: pods are meant by their UIDs and
 * instances by their ids, which is what `double retry` takes away.
 */
export const askedTwice: Fault = {
  ports: (_, { controllers, instances }) => ({
    controllers: {
      async call(stored, call) {
        const said = await controllers.call(stored, call)
        if (call.body?.fence === undefined) return said
        await controllers.call(stored, { ...call, body: { ...call.body, fence: Number(call.body.fence) + 1 } })
        return said
      },
    },
    instances: {
      open(entries) {
        const { describe, ...orders } = instances.open(entries)
        const twice =
          (effect: 'reboot' | 'replace'): Instances['reboot'] =>
          async (order, key) => {
            const outcome = await orders[effect](order, key)
            if (effect === 'replace') await orders[effect](order, `${key}-again`).catch(() => {}) // another instance
            return outcome
          }
        return { describe, reboot: twice('reboot'), replace: twice('replace') }
      },
    },
  }),
}

/** Each takes one protection away and leaves everything else as it is. */
export const plantedFaults = {
  /** An action begins without taking its locks. */
  'lease dropped': {
    breaks: 'one_action_per_target',
    ports(store, { clock }) {
      const actions = actionStore(store, clock)
      const begin: typeof actions.begin = (action, nodes, work, before) =>
        actions.begin(action, nodes, work && { ...work, task: { ...work.task, locks: [] } }, before)
      return { actions: { ...actions, begin } }
    },
  },
  /** A controller takes every cordon back, whatever mark it carries. */
  'mark check dropped': { breaks: 'only_own_cordons_undone', careless: 'marks' },
  /** A controller, or a provider, that is asked once more does it to whatever is there by then. */
  'double retry': { breaks: 'one_effect_per_incident', careless: 'uids' },
  /** What was used up last is not seen yet, and the verdict made without it is taken. */
  'stale count': {
    breaks: 'within_budget',
    ports(store) {
      const histories = historyStore(store)
      return {
        histories: {
          async find(id) {
            const { history, version } = await histories.find(id)
            return { history: { entries: history.entries.slice(0, -1) }, version }
          },
          async findNetwork() {
            const { history, version } = await histories.findNetwork()
            return { history: { ...history, entries: history.entries.slice(0, -1) }, version }
          },
        },
      }
    },
  },
  /**
   * What was heard of a target is forgotten. That a delivery was known before is remembered still; that alone would do no
   * harm either, because one change of one alarm asks under one id.
   */
  'duplicate fold lost': {
    breaks: 'one_effect_per_incident',
    ports(store, { clock }) {
      const watches = alarmWatchStore(store, clock)
      return {
        alarmWatches: {
          ...watches,
          read: async (at) => ({ ...newWatch(at), version: (await watches.read(at)).version }),
        },
      }
    },
  },
} as const satisfies Record<string, PlantedFault>
