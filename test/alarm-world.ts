import type { ActionOrder, ActionState } from '@gridgate/core/action/action'
import type { ActionDesk, AlarmAsker } from '@gridgate/core/alarm/action-desk'
import { FailoverRule } from '@gridgate/core/alarm/failover-rule'
import type { HandlePorts } from '@gridgate/core/alarm/handle-alarm'
import { type BatchAnswer, receiveAlarms } from '@gridgate/core/alarm/receive-alarms'
import type { StoredAlarm } from '@gridgate/core/alarm/stored-alarm'
import { type AlarmSweep, sweepAlarms } from '@gridgate/core/alarm/sweep-alarms'
import type { WebhookSecretStore } from '@gridgate/core/alarm/webhook-secret'
import type { Caller } from '@gridgate/core/caller'
import { GridError } from '@gridgate/core/errors'
import type { Json } from '@gridgate/core/json'
import type { Ports } from '@gridgate/core/ports'
import { addCluster } from './policy-world.ts'
import { admin, type World, world } from './world.ts'

/** A world with one cluster, a queue of alarms and somebody who takes actions, for tests of what alarms make happen. */
export interface AlarmWorld extends World {
  /** Messages that wait in the queue. */
  queued: string[]
  /** Every asking for an action, also the same one again. */
  asked: { order: ActionOrder; asker: AlarmAsker }[]
  /** Actions by id, and how they stand; a test may change that. */
  actions: Map<string, ActionState>
  /** What the next askings fail with; null takes them. */
  refusal: GridError | null
  /** What the cluster's controller answers, by method and path. */
  answers: Map<string, Json>
  rule(more?: Record<string, unknown>): Promise<FailoverRule>
  /** Handles what is in the queue, by default each message once. */
  work(): Promise<BatchAnswer>
  sweep(): Promise<AlarmSweep>
  event(id: string): Promise<StoredAlarm>
}

export async function alarmWorld(given: Partial<Ports> = {}, caller: Caller = admin): Promise<AlarmWorld> {
  const queued: string[] = []
  const answers = new Map<string, Json>()
  const asked: AlarmWorld['asked'] = []
  const actions: AlarmWorld['actions'] = new Map()
  const desk: ActionDesk<HandlePorts> = {
    async act(_, order, asker) {
      asked.push({ order, asker })
      if (made.refusal) throw made.refusal
      const before = actions.get(order.id)
      const state = before ?? (asker.automatic.mode === 'act' ? 'accepted' : 'observed')
      actions.set(order.id, state)
      return { id: order.id, state }
    },
    async find(_, id) {
      const state = actions.get(id)
      return state === undefined ? null : { state }
    },
  }
  const w = world({ ...scriptedParts(queued, answers), ...given }, caller)
  await addCluster(w)
  const made: AlarmWorld = {
    ...w,
    queued,
    asked,
    actions,
    answers,
    refusal: null,
    async rule(more = {}) {
      const rule = FailoverRule.parse({ ...plainRule, ...more })
      await w.ports.failoverRules.create(rule)
      return rule
    },
    work() {
      const Records = queued.splice(0).map((body, index) => ({ messageId: `m${index}`, body }))
      return receiveAlarms(w.ports, { Records }, desk)
    },
    sweep: () => sweepAlarms(w.ports, desk),
    async event(id) {
      const event = await w.ports.alarms.find(id)
      if (!event) throw new Error(`no event ${id}`)
      return event
    },
  }
  return made
}

export const plainRule = {
  name: 'gpu-lost',
  match: { alarm_name: 'gpu-*' },
  cluster_id: 'west-1',
  node_pool: 'pool-a',
  type: 'cordon_and_repair_nodepool',
  mode: 'act',
}

const scriptedParts = (queued: string[], answers: ReadonlyMap<string, Json>): Partial<Ports> => ({
  alarmQueue: { send: async (message) => void queued.push(message) },
  controllers: {
    async call(_, { method, path }) {
      const answer = answers.get(`${method} ${path.split('?')[0]}`)
      if (answer === undefined) throw new GridError('controller.unreachable', 'nobody answers')
      return answer
    },
  },
  webhookSecrets: openSecrets(),
})

/** Secrets as they are, for tests of what is done with them; that they are kept sealed is the store's own test. */
function openSecrets(): WebhookSecretStore {
  const entries = new Map<string, Awaited<ReturnType<WebhookSecretStore['open']>>[number]>()
  return {
    create: async (entry) => void entries.set(entry.secret_id, entry),
    remove: async (id) => entries.delete(id),
    list: async () => [...entries.values()].map(({ secret: _, ...entry }) => entry),
    open: async () => [...entries.values()],
  }
}

/** What Alertmanager posts of one alert. */
export const alert = (second: number, state: 'firing' | 'resolved' = 'firing', labels: Record<string, string> = {}) => {
  const at = new Date(Date.UTC(2030, 0, 1) + second * 1000).toISOString()
  return {
    version: '4',
    alerts: [{ status: state, labels: { alertname: 'gpu-lost', ...labels }, startsAt: at, endsAt: at }],
  }
}
