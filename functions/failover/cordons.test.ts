import { ActionWork } from '@gridgate/core/action/action-work'
import { failAction } from '@gridgate/core/action/close-action'
import { describe, expect, it } from 'vitest'
import { id, opened, order, post } from '../../test/action-world.ts'
import { call } from '../../test/call-endpoint.ts'
import { listCordons } from './cordons.ts'

const path = `/clusters/${id}/cordons`

describe('GET /clusters/{cluster_id}/cordons', () => {
  it('tells whose cordons there are, and not those of persons', async () => {
    const w = await opened()
    const { said } = await post(w, order)
    Object.assign(w.pool.nodes[0] ?? {}, { unschedulable: true, cordoned_by: said.task_id })
    Object.assign(w.pool.nodes[1] ?? {}, { unschedulable: true })
    expect((await call(w, listCordons, path)).body).toMatchObject({
      data: [{ name: 'n1', task_id: said.task_id, action_id: 'a-1', task_status: 'pending', is_overdue: false }],
      next_cursor: null,
    })
  })

  it('says when one has outlived its task by a day, unless a person holds it', async () => {
    const w = await opened()
    const { said } = await post(w, order)
    Object.assign(w.pool.nodes[0] ?? {}, { unschedulable: true, cordoned_by: said.task_id })
    const stored = await w.ports.tasks.find(said.task_id as never)
    await failAction(w.ports, { ...ActionWork.parse(stored?.execution?.input), failure: { Error: 'kube.failed' } })
    const overdue = async () => (await call(w, listCordons, path)).body.data
    w.pass(86_000_000)
    expect(await overdue()).toMatchObject([{ task_status: 'failed', is_overdue: false }])
    w.pass(1_000_000)
    expect(await overdue()).toMatchObject([{ is_overdue: true }])
    Object.assign(w.pool.nodes[0] ?? {}, { is_held: true })
    expect(await overdue()).toMatchObject([{ is_held: true, is_overdue: false }])
    Object.assign(w.pool.nodes[0] ?? {}, { is_held: false, cordoned_by: 'forgotten' })
    expect(await overdue()).toMatchObject([{ action_id: null, task_status: null, since: null, is_overdue: true }])
  })

  it('goes page by page, each node once', async () => {
    const w = await opened()
    for (const node of w.pool.nodes) Object.assign(node, { unschedulable: true, cordoned_by: 'task-1' })
    const first = (await call(w, listCordons, `${path}?limit=1`)).body
    expect(first.data).toMatchObject([{ name: 'n1' }])
    const second = (await call(w, listCordons, `${path}?limit=1&cursor=${encodeURIComponent(first.next_cursor ?? '')}`))
      .body
    expect(second).toMatchObject({ data: [{ name: 'n2' }], next_cursor: null })
    expect(await call(w, listCordons, '/clusters/east-1/cordons')).toMatchObject({ status: 404 })
  })
})
