import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { manualClock } from '../clock.ts'
import { type LambdaHost, openLambdaHost } from './lambda-host.ts'

const sample = new URL('./fixtures/sample-functions.ts', import.meta.url).pathname
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A host of functions that answer how often they were called. */
async function openHost(names: string[], more: { idleMax?: number; module?: string }): Promise<LambdaHost> {
  const folder = await mkdtemp(join(tmpdir(), 'gridgate-pool-'))
  ends.push(() => rm(folder, { recursive: true, force: true }))
  const { module = sample, idleMax } = more
  const host = openLambdaHost({
    functions: names.map((name) => ({
      name,
      module,
      handler: 'echo',
      timeoutSeconds: 30,
      memoryMb: 64,
      environment: {},
    })),
    file: join(folder, 'lambda.sqlite'),
    clock: manualClock(),
    log: () => {},
    region: 'eu-west-1',
    accountId: '000000000000',
    keyOf: () => ({ accessKeyId: 'key', secretAccessKey: 'secret' }),
    endpointUrl: () => 'http://127.0.0.1:1',
    load: async (wanted) => (wanted === '/source.ts' ? sample : wanted),
    ...(idleMax === undefined ? {} : { idleMax }),
  })
  ends.push(() => host.close())
  return host
}

const callsOf = async (host: LambdaHost, name: string): Promise<number> =>
  (JSON.parse((await host.invoke(name, '{}')).payload) as { calls: number }).calls

it('ends idle workers beyond the wanted number, the one idle longest first', async () => {
  const host = await openHost(['first', 'second'], { idleMax: 1 })
  await callsOf(host, 'first')
  await callsOf(host, 'second')
  await expect.poll(() => host.workers()).toBe(1)
  expect(await callsOf(host, 'second')).toBe(2)
  expect(await callsOf(host, 'first')).toBe(1)
})

it('loads the file that stands for a module', async () => {
  const host = await openHost(['only'], { module: '/source.ts' })
  expect(await callsOf(host, 'only')).toBe(1)
})
