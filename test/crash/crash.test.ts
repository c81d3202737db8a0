import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { kubeconfigFor, kubernetes } from '../e2e/kubernetes.ts'
import {
  alive,
  call,
  eventually,
  familyOf,
  type Product,
  processesOf,
  type Ready,
  startProduct,
  temporaryFolder,
} from '../e2e/product.ts'
import { compare, compareHistories, compareTask, replay } from './compare.ts'
import { Ledger, randomFrom, type TaskRow } from './ledger.ts'
import { builtCluster, clusterBody, load, policyCode, type Site, startInfra } from './load.ts'

/** Any number repeats a run, as far as time allows: GRIDGATE_CRASH_SEED=1234 npm run test:crash */
const seed = Number(process.env.GRIDGATE_CRASH_SEED ?? 20_261_121)
const rounds = Number(process.env.GRIDGATE_CRASH_ROUNDS ?? 8)
/** The server dies at a random moment within this time under load. */
const loadMsMax = 3500
/** How long running tasks may take to end after the last start; a start cut off before its execution waits for a sweep. */
const settleSecondsMax = 180

const random = randomFrom(seed)
const folder = temporaryFolder()
const ledger = new Ledger()
let product: Product | undefined
afterAll(async () => {
  await product?.kill()
  folder.remove()
})

/** Ends the server's process group; every other time also what it keeps outside its group, at the same moment. */
async function killNow(victim: Product, withChildren: boolean): Promise<void> {
  const family = familyOf(victim.child.pid ?? 0)
  const killing = victim.kill()
  if (withChildren)
    for (const pid of alive(family))
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It went with its parent.
      }
  await killing
  expect(await eventually(() => processesOf(folder.path).length === 0)).toBe(true)
}

const start = (): Product => startProduct(folder.path, '--no-tour', '--insecure')

function siteOf({ url, kubeconfig }: Ready, isOver: () => boolean): Site {
  const naming = { cluster: 'c', user: 'u', context: 'x' }
  const wrongKubeconfig = kubeconfigFor(kubeconfig, { ...naming, login: { token: 'wrong' } })
  return { url, kubeconfig: readFileSync(kubeconfig, 'utf8'), wrongKubeconfig, ledger, random, isOver }
}

/** Registers the cluster that is built on, and has the sandbox's snapshot made, which takes longer than a round. */
async function prepare(url: string): Promise<void> {
  expect((await call(url, 'POST', '/clusters/create', clusterBody(builtCluster, 'site'))).status).toBe(200)
  expect((await call(url, 'POST', '/policies/test', { code: policyCode, input_data: {} })).status).toBe(200)
}

/** Runs the clients and kills the server while they wait for their answers. */
async function killUnderLoad(ready: Ready, victim: Product, round: number): Promise<string> {
  let isOver = false
  const running = load(siteOf(ready, () => isOver))
  const ms = 200 + random.below(loadMsMax)
  await delay(ms)
  await killNow(victim, round % 2 === 1)
  isOver = true
  await running
  return `after ${ms} ms`
}

/** Now and then it dies again while it starts. */
async function killWhileStarting(): Promise<void> {
  const victim = start()
  await delay(100 + random.below(2000))
  await killNow(victim, random.chance(0.5))
}

describe(`kill -9 under load, seed ${seed}, ${rounds} rounds`, () => {
  it.each(
    Array.from({ length: rounds }, (_, round) => round + 1),
  )('round %i keeps what was acknowledged', async (round) => {
    product = start()
    const ready = await product.ready
    if (round === 1) await prepare(ready.url)
    const when = await killUnderLoad(ready, product, round)
    if (random.chance(0.4)) await killWhileStarting()

    product = start()
    const { url } = await product.ready
    await compare(url, ledger)
    await replay(url, ledger)
    process.stdout.write(`round ${round}: killed ${when}; ${ledger.sizes()}\n`)
    // The next round begins with another kind of end, so that not every start follows a kill of a busy server.
    await (random.chance(0.5) ? product.interrupt() : product.kill())
  })

  it('resumes every task to its right end, leaves no lock, and every history is whole', async () => {
    product = start()
    const ready = await product.ready
    for (const row of ledger.tasks.values()) await untilEnded(ready.url, row)
    await untilNoneIsOpen(ready.url)

    // A lock that was left would refuse these.
    const site = siteOf(ready, () => false)
    const clusters = [...new Set([...ledger.tasks.values()].map(({ clusterId }) => clusterId))]
    for (const id of clusters.filter((one) => one !== builtCluster).slice(-10))
      await startInfra(site, 'create', id, site.wrongKubeconfig)
    await startInfra(site, 'remove', builtCluster, site.kubeconfig)
    expect(ledger.complaints).toEqual([])
    for (const row of ledger.tasks.values()) await untilEnded(ready.url, row)
    await compare(ready.url, ledger)

    expect(await kubernetes(ready.kubeconfig).labelled('app.kubernetes.io/managed-by=gridgate')).toEqual([])
    const { executions, events } = await compareHistories(ready)
    process.stdout.write(`in the end: ${ledger.sizes()}; ${executions} executions with ${events} events\n`)
    await product.interrupt()
  })
})

async function untilEnded(url: string, row: TaskRow): Promise<void> {
  const hasEnded = await eventually(() => compareTask(url, row), settleSecondsMax)
  const seen = hasEnded ? '' : JSON.stringify((await call(url, 'GET', `/tasks/${row.id}`)).body)
  expect(hasEnded, `did not end: ${seen}`).toBe(true)
}

/** Also tasks that were put but never acknowledged come to an end. */
const untilNoneIsOpen = async (url: string): Promise<void> => {
  const open = async (status: string): Promise<unknown[]> =>
    ((await call(url, 'GET', `/tasks?task_status=${status}`)).body as { data: unknown[] }).data
  const isDone = async () => [...(await open('pending')), ...(await open('in_progress'))].length === 0
  expect(await eventually(isDone, settleSecondsMax)).toBe(true)
}
