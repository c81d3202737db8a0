import { expect, it } from 'vitest'
import { id, type Opened, opened, order } from '../../../../test/action-world.ts'
import type { ActionOrder } from '../action/action.ts'
import { ActionBody, parseOrder } from '../action/parse-order.ts'
import { settingsDefault } from '../failover/settings.ts'
import { type AlarmAsker, openDesk } from './action-desk.ts'
import { RuleName } from './failover-rule.ts'

const asker: AlarmAsker = {
  caller: { id: 'rule:gpu-lost', role: 'service', clusters: [id] },
  requestId: null,
  automatic: { rule: RuleName.parse('gpu-lost'), mode: 'act', event_id: 'e1' },
}

const wanted = (w: Opened): ActionOrder =>
  parseOrder(ActionBody.parse({ ...order, cluster_id: id }), () => w.ports.ids.next())

/** Asks as an alarm does; gives the code of a refusal. */
const act = (w: Opened): Promise<unknown> =>
  openDesk('receive-alarm')
    .act(w.ports, wanted(w), asker)
    .then(
      ({ state }) => state,
      (error: { code: string }) => error.code,
    )

const { explicit, automatic } = settingsDefault.budgets
/** Alarms may act, and take the whole of a pool out of service. */
const acts = {
  ...settingsDefault,
  mode: 'act' as const,
  budgets: { explicit, automatic: { ...automatic, unavailable_percent_max: 100 } },
}

/** A cluster whose alarms may act. */
async function acting(...scripts: Parameters<typeof opened>): Promise<Opened> {
  const w = await opened(...scripts)
  const { version } = await w.ports.failoverSettings.find(id)
  await w.ports.failoverSettings.replace(id, acts, version)
  return w
}

it('what an alarm starts leaves one entry in the chain of its cluster, however often it is asked for', async () => {
  const w = await acting()
  expect([await act(w), await act(w)]).toEqual(['accepted', 'accepted'])
  expect(w.audit()).toMatchObject([
    {
      ...{ cluster_id: id, caller_id: 'system:receive-alarm', role: null, operation: 'actions/request', code: null },
      ...{ subject: 'action a-1', task_id: expect.any(String) },
    },
  ])
})

it('what a policy denies an alarm leaves an entry with the decision', async () => {
  const w = await acting({ failover_action: () => ({ denied: 'not today' }) })
  expect(await act(w)).toBe('pre_check.denied')
  expect(w.started).toEqual([])
  expect(w.audit()).toMatchObject([{ code: 'pre_check.denied', task_id: null, decision_ids: [expect.any(String)] }])
})

it('what is refused before anybody decides is told with the alarm, and not here each time it is asked again', async () => {
  const w = await acting()
  const disabled = { ...settingsDefault, enabled: false }
  const { version } = await w.ports.failoverSettings.find(id)
  await w.ports.failoverSettings.replace(id, disabled, version)
  expect(await act(w)).toBe('failover.disabled')
  expect([w.started, w.audit()]).toEqual([[], []])
})
