import type { RateLimiter } from '@gridgate/core/auth/rate-limiter'
import { GridError } from '@gridgate/core/errors'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { world } from '../../../test/world.ts'
import { del, get } from './define-route.ts'
import { endpoint } from './endpoint.ts'
import { fallback } from './fallback.ts'

const route = (access: 'anyone' | 'viewer') =>
  endpoint(get('/x', { summary: 'x', access, returns: z.string() }), () => 'done')

/** A limiter that lets two requests through, and knows whose they were. */
function room(given: Parameters<typeof world>[0] = {}) {
  const counted: string[] = []
  const rateLimiter: RateLimiter = {
    async take(who) {
      counted.push(who)
      const left = 2 - counted.length
      return { limit: 2, left: Math.max(0, left), resetSeconds: 7, isExceeded: left < 0 }
    },
  }
  const { ports } = world({ rateLimiter, ...given })
  const ask = (access: 'anyone' | 'viewer', env: object = {}, method = 'GET') =>
    route(access).app(ports).request('/x', { method }, env)
  return { counted, ports, ask }
}
const socket = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } })
const gateway = (sourceIp: string) => ({ event: { requestContext: { http: { sourceIp } } } })

describe('a limited caller', () => {
  it('is told with every reply what is left, and 429 when nothing is', async () => {
    const { ask, counted } = room()
    const replies = [await ask('viewer'), await ask('viewer'), await ask('viewer')]
    expect(
      replies.map(({ status, headers }) => [status, headers.get('ratelimit'), headers.get('retry-after')]),
    ).toEqual([
      [200, '"default";r=1;t=7', null],
      [200, '"default";r=0;t=7', null],
      [429, '"default";r=0;t=7', '7'],
    ])
    for (const { headers } of replies) expect(headers.get('ratelimit-policy')).toBe('"default";q=2;w=60')
    expect(await replies[2]?.json()).toMatchObject({ code: 'rate.limited' })
    expect(counted[0]).toBe('caller test-admin')
  })

  it.each([
    ['an IPv4 address', gateway('198.51.100.7'), 'stranger 198.51.100.7'],
    ['the network of an IPv6 address', gateway('2001:db8:1:2:3:4:5:6'), 'stranger 2001:db8:1:2'],
    ['a short one', gateway('2001:db8::1'), 'stranger 2001:db8:0:0'],
    [
      'one in the old format of an event',
      { event: { requestContext: { identity: { sourceIp: '198.51.100.7' } } } },
      'stranger 198.51.100.7',
    ],
    ['an IPv4 address in an IPv6 one', socket('::ffff:198.51.100.7'), 'stranger 198.51.100.7'],
    ['a socket', socket('::1'), 'stranger 0:0:0:0'],
  ])('whom nobody knows is %s', async (_, env, who) => {
    const { ask, counted } = room()
    expect((await ask('anyone', env)).status).toBe(200)
    expect(counted).toEqual([who])
  })

  it('who guesses at keys is counted by address, and told so in the end', async () => {
    const identify = async (): Promise<never> => {
      throw new GridError('auth.invalid', 'no')
    }
    const { ask } = room({ authenticator: { identify } })
    const statuses = []
    for (let guess = 0; guess < 3; guess++) statuses.push((await ask('viewer', gateway('198.51.100.7'))).status)
    expect(statuses).toEqual([401, 401, 429])
  })

  it.each<[string, string, string, number, string]>([
    ['asks for a path that is not there', 'GET', '/nothing', 404, 'route.not_found'],
    ['looks whether one is there', 'HEAD', '/nothing', 404, ''],
    ['uses a method that is not offered', 'PUT', '/x', 405, 'route.method_not_allowed'],
    ['looks at what only a GET answers', 'HEAD', '/x', 405, ''],
  ])('who %s is counted as a stranger, whatever they call themselves', async (_, method, path, status, code) => {
    const { ports, counted } = room()
    const rest = fallback([{ method: 'GET', path: '/x' }]).app(ports)
    const headers = { authorization: 'Bearer somebody' }
    const replies = []
    for (let request = 0; request < 3; request++)
      replies.push(await rest.request(path, { method, headers }, gateway('198.51.100.7')))
    expect(replies.map((reply) => reply.status)).toEqual([status, status, 429])
    expect(replies.map((reply) => reply.headers.get('ratelimit'))).toEqual([
      ...['"default";r=1;t=7', '"default";r=0;t=7', '"default";r=0;t=7'],
    ])
    expect(counted).toEqual(Array.from({ length: 3 }, () => 'stranger 198.51.100.7'))
    if (code !== '') expect(await replies[0]?.json()).toMatchObject({ code })
  })

  it('of a function is one also when it is asked for what it does not answer', async () => {
    const { ports, counted } = room()
    const replies = []
    for (let request = 0; request < 3; request++)
      replies.push(await route('viewer').app(ports).request('/y', {}, gateway('198.51.100.7')))
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 429])
    expect(counted[0]).toBe('stranger 198.51.100.7')
  })
})

describe('a HEAD', () => {
  it('of a readable thing is counted like its GET', async () => {
    const { ask, counted } = room()
    const replies = [await ask('viewer', {}, 'HEAD'), await ask('viewer'), await ask('viewer', {}, 'HEAD')]
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(counted).toEqual(Array.from({ length: 3 }, () => 'caller test-admin'))
  })

  it('of what an old client changes by GET is refused, changes nothing and is counted by address', async () => {
    const { ports, counted } = room()
    let changes = 0
    const remove = endpoint(
      del('/x', { summary: 'x', access: 'viewer', returns: z.string(), aliases: [{ method: 'GET', path: '/x/old' }] }),
      () => `${++changes}`,
    ).app(ports)
    const replies = []
    for (let request = 0; request < 3; request++)
      replies.push(await remove.request('/x/old', { method: 'HEAD' }, gateway('198.51.100.7')))
    expect(replies.map(({ status }) => status)).toEqual([405, 405, 429])
    expect(replies[0]?.headers.get('allow')).toBe('GET')
    expect(counted).toEqual(Array.from({ length: 3 }, () => 'stranger 198.51.100.7'))
    expect(changes).toBe(0)
  })
})
