import { type Check, effectsOf } from '../action/action.ts'
import type { ErrorCode } from '../errors.ts'
import { activeFreeze } from './freeze.ts'
import type { GuardedAction, GuardReading } from './guard-action.ts'
import { type FailoverMode, stricterMode } from './settings.ts'

/** One thing that may stop an action, and how. */
export interface Gate {
  check: Check
  stops: { kind: 'observe' | 'defer' } | { kind: 'refuse'; code: ErrorCode; details?: Record<string, unknown> }
}

/** Everything beside budgets that may stop an action; the first that does decides. */
export const gatesOf = (reading: GuardReading, asked: GuardedAction): Gate[] => [
  enabledGate(reading, asked),
  modeGate(reading, asked),
  ...freezeGates(reading, asked),
  breakerGate(reading, asked),
  windowGate(reading, asked),
  readableGate(asked),
  repairerGate(asked),
]

const gate = (name: string, ok: boolean, detail: string, stops: Gate['stops'], mayPass = false): Gate => ({
  check: { name, severity: mayPass ? 'warn' : 'block', ok, detail },
  stops,
})

function enabledGate({ settings }: GuardReading, { clusterId }: GuardedAction): Gate {
  const detail = `failover of ${clusterId} is switched ${settings.enabled ? 'on' : 'off'}`
  return gate('enabled', settings.enabled, detail, { kind: 'refuse', code: 'failover.disabled' })
}

/** The mode is about alarms; whoever asks explicitly is not held by it. */
function modeGate({ settings }: GuardReading, { alarm, clusterId }: GuardedAction): Gate {
  const mode: FailoverMode = alarm ? stricterMode(settings.mode, alarm.mode) : 'act'
  const detail = alarm ? `the mode for alarms on ${clusterId} is ${mode}` : 'the mode is only for alarms'
  const stops =
    mode === 'off' ? ({ kind: 'refuse', code: 'failover.disabled' } as const) : ({ kind: 'observe' } as const)
  return gate('mode', mode === 'act', detail, stops)
}

function freezeGates({ settings, network, now }: GuardReading, { clusterId, role, order }: GuardedAction): Gate[] {
  const mayPass = role === 'network-admin' && order.force
  return [
    ['network', activeFreeze(network.freeze, now)] as const,
    [`cluster ${clusterId}`, activeFreeze(settings.freeze, now)] as const,
  ].map(([scope, freeze]) => {
    const detail = freeze ? `failover is frozen until ${freeze.until}: ${freeze.reason}` : 'not frozen'
    const details = { scope, ...freeze }
    return gate(
      `freeze of ${scope}`,
      freeze === null,
      detail,
      { kind: 'refuse', code: 'failover.frozen', details },
      mayPass,
    )
  })
}

function breakerGate({ network: { breaker } }: GuardReading, { alarm }: GuardedAction): Gate {
  const detail = breaker
    ? `everything automatic is stopped since ${breaker.tripped_at}: ${breaker.reason}`
    : 'not tripped'
  return gate(
    'breaker',
    breaker === null,
    detail,
    { kind: 'refuse', code: 'failover.frozen', details: { breaker } },
    !alarm,
  )
}

/** A person who acts outside of a window is told, not held. */
const windowGate = ({ window }: GuardReading, { alarm }: GuardedAction): Gate =>
  gate('window', window.isInside, window.detail, { kind: 'refuse', code: 'failover.outside_window' }, !alarm)

/** What cannot be counted stops the action. */
function readableGate({ plan, survey }: GuardedAction): Gate {
  const known = new Set(survey.nodes.map(({ name }) => name))
  const named = [...plan.nodes.map(({ name }) => name), ...(plan.instance ? [plan.instance.node_name] : [])]
  const stranger = named.find((name) => !known.has(name))
  const inPool = survey.nodes.filter(({ accelerators }) => accelerators > 0).length
  const { total } = survey.accelerator_nodes
  const detail =
    stranger !== undefined
      ? `node ${stranger} of the plan is not in the survey of its pool`
      : inPool > total
        ? `the pool has ${inPool} accelerator nodes and the whole cluster only ${total}`
        : null
  return gate('counted', detail === null, detail ?? 'the survey can be counted', {
    kind: 'refuse',
    code: 'budget.unreadable',
  })
}

/** Two systems that repair one node take it away from each other (spec/decisions.md 38). */
function repairerGate({ order, survey }: GuardedAction): Gate {
  const node = survey.nodes.find(({ repairer }) => repairer !== null)
  const isFree = node === undefined || !effectsOf(order).repairs
  const detail = node ? `${node.repairer} repairs node ${node.name} by itself` : 'no other system repairs the pool'
  return gate('other_repairer', isFree, detail, { kind: 'defer' })
}
