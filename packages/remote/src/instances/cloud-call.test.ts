import { GridError } from '@gridgate/core/errors'
import { describe, expect, it } from 'vitest'
import { callCloud } from './cloud-call.ts'

const url = new URL('https://ec2.eu-west-1.amazonaws.com/')

/** A call over a connection that fails like this. */
const failing = (error: Error, changes: boolean): Promise<unknown> =>
  callCloud(
    {
      remote: { send: () => Promise.reject(error) },
      clock: { now: () => new Date() },
      region: 'eu-west-1',
      keys: () => Promise.reject(new Error('not asked')),
    },
    { url, method: 'POST', headers: {}, doing: 'RebootInstances for i-1', changes },
  )
const broken = (code: string): GridError =>
  new GridError('remote.unreachable', 'x', { cause: Object.assign(new Error('x'), { code }) })

describe('a call that gets no answer', () => {
  it.each([
    ['a refused connection', broken('ECONNREFUSED'), 'provider.unreachable'],
    ['a name without an address', broken('ENOTFOUND'), 'provider.unreachable'],
    ['a connection that is not made in time', broken('CONNECT_TIMEOUT'), 'provider.unreachable'],
    ['an address that may not be called', new GridError('address.refused', 'x'), 'provider.unreachable'],
    ['a broken connection', broken('ECONNRESET'), 'provider.unclear'],
    ['a closed connection', broken('ECONNRESET'), 'provider.unclear'],
    ['a failure that is not known here', broken('ENEW'), 'provider.unclear'],
    ['silence', new GridError('remote.too_slow', 'x'), 'provider.unclear'],
    ['an endless answer', new GridError('remote.too_large', 'x'), 'provider.unclear'],
  ])('because of %s', async (_, error, code) => {
    await expect(failing(error, true)).rejects.toMatchObject({ code, cause: error })
    await expect(failing(error, false)).rejects.toMatchObject({ code: 'provider.unreachable' })
  })

  it('because of a fault of ours stays that fault', async () => {
    const fault = new TypeError('ours')
    await expect(failing(fault, true)).rejects.toBe(fault)
  })
})
