import { describe, expect, it } from 'vitest'
import { opened, order, post } from '../../test/action-world.ts'
import { appOf } from '../../test/call-endpoint.ts'
import { cancelFailover } from './cancel.ts'
import { listFailovers } from './list.ts'
import { readFailover } from './read.ts'

describe('the other routes of actions', () => {
  const viewer = { id: 'east', role: 'viewer' as const, clusters: ['east-1'] }

  it('hide what is out of scope as if it were not there', async () => {
    const w = await opened()
    await post(w, order)
    const { actions, tasks, ids, log, idempotency } = w.ports
    const other = { actions, tasks, ids, log, idempotency, authenticator: { identify: async () => viewer } }
    expect((await appOf(readFailover, other).request('/actions/a-1')).status).toBe(404)
    const { data } = (await (await appOf(listFailovers, other).request('/actions')).json()) as { data: unknown[] }
    expect(data).toEqual([])
  })

  it('list by pool, type, state and time, page by page, newest first', async () => {
    const w = await opened()
    for (const one of ['a', 'b', 'c']) {
      await post(w, { ...order, id: one, dry_run: true })
      w.pass(1000)
    }
    const list = async (query: string) => {
      const reply = await appOf(listFailovers, w.ports).request(`/actions?${query}`)
      return (await reply.json()) as { data: { id: string }[]; next_cursor: string | null }
    }
    const ids = ({ data }: { data: { id: string }[] }) => data.map((one) => one.id)
    const first = await list('limit=2')
    expect(ids(first)).toEqual(['c', 'b'])
    expect(ids(await list(`limit=2&cursor=${first.next_cursor}`))).toEqual(['a'])
    expect(ids(await list('state=running'))).toEqual([])
    expect(ids(await list('pool=pool-a&type=cordon_nodepool&state=succeeded&since=2030-01-01T00:00:01Z'))).toEqual([
      'c',
      'b',
    ])
    expect((await appOf(listFailovers, w.ports).request('/actions?cursor=x')).status).toBe(400)
  })

  it('cancel an action that goes on, and no other', async () => {
    const w = await opened()
    const cancel = (one: string) => appOf(cancelFailover, w.ports).request(`/actions/${one}/cancel`, { method: 'POST' })
    await post(w, order)
    expect((await cancel('a-1')).status).toBe(200)
    const action = await w.ports.actions.find(order.id as never)
    expect((await w.ports.tasks.find(action?.record.task_id as never))?.cancelRequested).toBe(true)
    await post(w, { ...order, id: 'dry', dry_run: true })
    expect((await cancel('dry')).status).toBe(409)
    expect((await cancel('none')).status).toBe(404)
  })
})
