import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { endpoints } from '../../../functions/manifest.ts'
import { world } from '../../../test/world.ts'
import { post } from './define-route.ts'
import { endpoint } from './endpoint.ts'
import { replyMsMax, requestMsMax } from './time-limit.ts'

describe('a request', () => {
  it('ends as a problem before its function is stopped, and its work may go on', async () => {
    const done = Promise.withResolvers<string>()
    let leftMs = -1
    const slow = endpoint(
      post('/x', { summary: 'x', access: 'viewer', returns: z.string() }),
      (_ports: object, request) => {
        leftMs = request.leftMs()
        return done.promise
      },
    )
    const lambdaContext = { getRemainingTimeInMillis: () => replyMsMax + 5 }
    const reply = await slow.app(world().ports).request('/x', { method: 'POST' }, { lambdaContext })
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([504, 'request.timeout'])
    expect(leftMs).toBe(0)
    done.resolve('done')
  })

  it.each(endpoints)('to $name has a function with more time than it may take', ({ timeoutSeconds }) => {
    expect(timeoutSeconds * 1000).toBeGreaterThanOrEqual(requestMsMax + replyMsMax)
  })
})
