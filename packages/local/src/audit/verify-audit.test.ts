import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { anchorHeads } from '@gridgate/core/audit/anchor-heads'
import type { AuditEntry } from '@gridgate/core/audit/audit-entry'
import { hashOf } from '@gridgate/core/audit/chain'
import { keepDeed } from '@gridgate/core/audit/keep-entry'
import { createApiKey } from '@gridgate/core/auth/api-key'
import type { Ports } from '@gridgate/core/ports'
import { compose } from '@gridgate/runtime/compose'
import { readConfig } from '@gridgate/runtime/config'
import { memoryStore } from '@gridgate/storage/memory-store'
import type { Item } from '@gridgate/storage/store'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Gateway, openGateway } from '../gateway/serve-gateway.ts'
import { apiReader } from './read-pages.ts'
import { type VerifyOptions, verifyAudit } from './verify-audit.ts'

const day = '2030-01-01'
const [network, west] = [`AUDIT##${day}`, `AUDIT#west-1#${day}`]

let store: ReturnType<typeof memoryStore>
let ports: Ports
let gateway: Gateway
let key: string
let now: number
beforeAll(async () => {
  gateway = await openGateway({ host: '127.0.0.1', port: 0 })
  await gateway.serve(() => new Proxy({} as Ports, { get: (_, name) => ports[name as keyof Ports] }))
})
afterAll(() => gateway.stop())

/** Two chains of four entries, whose ends are anchored, and one more entry in each. */
beforeEach(async () => {
  store = memoryStore()
  now = Date.parse(`${day}T10:00:00Z`)
  ports = compose(readConfig({ GRIDGATE_RATE_LIMIT: '0' }), {
    ...{ store, log: { info() {}, warn() {}, error() {} } },
    ports: { clock: { now: () => new Date(now) } },
  })
  for (let count = 0; count < 4; count++) for (const id of [null, 'west-1']) await deed(id)
  await anchorHeads(ports)
  for (const id of [null, 'west-1']) await deed(id)
  key = (await createApiKey(ports, { name: 'a', role: 'network-admin', clusters: '*', expiresAt: null })).key
})

const deed = (clusterId: string | null): Promise<void> =>
  keepDeed(ports, { by: 'test', operation: 'a/b', clusterId, subject: 'something' })

interface Ran {
  code: number
  out: string
  errors: string
}

/** Runs the command as a user does. */
function run(args: string[], environment: Record<string, string> = { GRIDGATE_KEY: key }): Promise<Ran> {
  const { GRIDGATE_KEY: _, ...rest } = process.env
  const options = { env: { ...rest, ...environment } }
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], options, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, errors }),
    )
  })
}
const verify = (...more: string[]): Promise<Ran> => run(['verify', '--url', gateway.url, ...more])

/** The same in this process, without what a process costs. */
const check = (narrowed: Partial<VerifyOptions> = {}) =>
  verifyAudit(apiReader(gateway.url, key), { day: null, clusterId: null, ...narrowed })

const row = (pk: string, sequence: number): Item =>
  store.all().find((item) => item.pk === pk && Number(item.sk) === sequence) as Item
const entryOf = ({ json }: Item): AuditEntry => JSON.parse(String(json)) as AuditEntry
const put = (item: Item, entry: AuditEntry): Promise<void> =>
  store.writeMany([{ put: { ...item, json: JSON.stringify(entry) } }])
const remove = (...items: Item[]): Promise<void> => store.writeMany(items.map(({ pk, sk }) => ({ remove: { pk, sk } })))

describe('npm run audit -- verify', () => {
  it('finds a log intact that nobody touched', async () => {
    expect(await verify()).toEqual({ code: 0, out: 'intact: 11 entries in 2 chains\n', errors: '' })
    expect((await verify('--day', day)).code).toBe(0)
    expect((await verify('--cluster', 'west-1')).code).toBe(0)
  })

  it.each<[string, number | string, () => Promise<void>]>([
    ['changed', 2, () => put(row(west, 2), { ...entryOf(row(west, 2)), caller_id: 'somebody else' })],
    [
      'changed and sealed again',
      3,
      async () => {
        const changed = { ...entryOf(row(west, 2)), caller_id: 'somebody else' }
        await put(row(west, 2), { ...changed, sha256: hashOf(changed) })
      },
    ],
    ['made unreadable', 3, () => store.writeMany([{ put: { ...row(west, 3), json: '{"not": "an entry"}' } }])],
    ['made unreadable at the end', 5, () => store.writeMany([{ put: { ...row(west, 5), json: 'x' } }])],
    ['deleted in the middle', 3, () => remove(row(west, 3))],
    ['deleted at the beginning, and with it the chain from the list', 1, () => remove(row(west, 1))],
    ['cut off at the end, past an anchor', 4, () => remove(row(west, 4), row(west, 5))],
    ['inserted', 4, () => put({ ...row(west, 3), sk: '0000000035' }, entryOf(row(west, 3)))],
    ['all deleted', 1, () => remove(...store.all().filter(({ pk }) => pk === west))],
  ])('finds an entry that was %s, and says which is the first wrong one', async (_, sequence, tamper) => {
    await tamper()
    for (const narrowed of [{}, { day }, { clusterId: 'west-1' }]) {
      const { flaws } = await check(narrowed)
      expect(flaws).toMatchObject([{ cluster_id: 'west-1', day, sequence }])
    }
  })

  it('finds a chain that was replaced whole by one that is sound in itself', async () => {
    await remove(...store.all().filter(({ pk }) => pk === west))
    for (let count = 0; count < 5; count++)
      await keepDeed(ports, { by: 'forger', operation: 'a/b', clusterId: 'west-1', subject: 'other' })
    expect((await check()).flaws).toMatchObject([{ cluster_id: 'west-1', sequence: 4 }])
  })

  it('finds an anchor that was deleted, and yesterday of the network that was cut', async () => {
    now += 86_400_000
    await deed(null)
    await anchorHeads(ports)
    expect((await check()).flaws).toEqual([])
    await remove(row(network, 6))
    expect((await check({ day })).flaws).toMatchObject([{ cluster_id: null, day, sequence: 6 }])
  })

  it('tells programs what people read', async () => {
    await remove(row(west, 3))
    const { code, out } = await verify('--json')
    const lines = out.trim().split('\n')
    expect(code).toBe(1)
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: 'audit.broken', cluster_id: 'west-1', day, sequence: 3 },
      { event: 'audit.verified', intact: false, chains: 2, broken: 1 },
    ])
  })

  it.each([
    ['without a command', []],
    ['with another one', ['check']],
    ['with an option that is none', ['verify', '--what']],
    ['with a day that is none', ['verify', '--day', 'today']],
    ['with a day that no calendar has', ['verify', '--day', '2030-02-30']],
    ['with an address that is none', ['verify', '--url', 'nowhere']],
    ['with a key that is none', ['verify', '--key', '']],
    ['about a cluster without a name', ['verify', '--cluster', '']],
    ['for a server that is not there', ['verify', '--url', 'http://127.0.0.1:1']],
  ])('does not call a log intact when it is run %s', async (_, args) => {
    expect(await run(args)).toMatchObject({ code: 2, out: '', errors: expect.stringContaining('--help') })
  })

  it('does not call the log of a cluster intact that has none', async () => {
    for (const narrowed of [[], ['--day', day]])
      expect(await verify('--cluster', 'west-l', ...narrowed)).toMatchObject({
        ...{ code: 2, out: '' },
        errors: expect.stringContaining('no chain of cluster west-l'),
      })
  })

  it('says what it is for, and never what its key is', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('exit code'), errors: '' })
    const wrong = `gg_0123456789ab_${'A'.repeat(43)}`
    const refused = await verify('--key', wrong)
    expect(refused).toMatchObject({ code: 2, out: '', errors: expect.stringContaining('401 auth.invalid') })
    expect(refused.errors).not.toContain(wrong)
    expect(refused.errors).not.toContain(key)
  })
})
