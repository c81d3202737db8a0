import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { admin, world } from '../../../test/world.ts'

const open = endpoint(get('/open', { summary: 'Open', access: 'viewer', returns: z.null() }), () => null)

/** Whether a keyless call with these headers over this socket counts as one of this machine. */
async function isOurs(remoteAddress: string, headers: Record<string, string>, url = 'http://127.0.0.1:3000/open') {
  let seen: boolean | undefined
  const identify = async ({ fromThisMachine }: { fromThisMachine: boolean }) => {
    seen = fromThisMachine
    return admin
  }
  const host = new URL(url).host
  const env = { incoming: { socket: { remoteAddress } } }
  await open.app(world({ authenticator: { identify } }).ports).request(url, { headers: { host, ...headers } }, env)
  return seen
}

describe('a call without a credential', () => {
  it.each([
    ['127.0.0.1', {}],
    ['::1', { host: '[::1]:3000' }],
    ['::ffff:127.0.0.1', { host: 'localhost:3000' }],
    ['127.0.0.1', { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-origin' }],
    ['127.0.0.1', { 'sec-fetch-site': 'none' }],
    ['127.0.0.1', { 'x-forwarded-for': '203.0.113.7' }],
  ])('is of this machine over %s with %j', async (address, headers) => {
    expect(await isOurs(address, headers)).toBe(true)
  })

  it.each([
    ['comes over the network', '10.0.0.7', {}],
    ['only says that it is local', '10.0.0.7', { 'x-forwarded-for': '127.0.0.1' }],
    ['names a host that was made to lead here', '127.0.0.1', { host: 'evil.example:3000' }],
    ['names a host that looks local', '127.0.0.1', { host: '127.0.0.1.evil.example' }],
    ['is written by a page of another site', '127.0.0.1', { origin: 'https://evil.example' }],
    ['is written by a page without an origin', '127.0.0.1', { origin: 'null' }],
    ['is read by a page of another site', '127.0.0.1', { 'sec-fetch-site': 'cross-site' }],
  ])('is not when it %s', async (_, address, headers) => {
    expect(await isOurs(address, headers)).toBe(false)
  })

  it('is not when its target names another host than its header', async () => {
    expect(await isOurs('127.0.0.1', { host: 'localhost' }, 'http://evil.example/open')).toBe(false)
  })
})
