import { randomUUID } from 'node:crypto'
import type { RequestPorts } from '@gridgate/core/action/request-action'
import { openDesk } from '@gridgate/core/alarm/action-desk'
import { buryAlarms } from '@gridgate/core/alarm/dead-letters'
import type { HandlePorts } from '@gridgate/core/alarm/handle-alarm'
import { receiveAlarms } from '@gridgate/core/alarm/receive-alarms'
import { sweepAlarms } from '@gridgate/core/alarm/sweep-alarms'
import { takeEventBridge } from '@gridgate/core/alarm/take-eventbridge'
import { GridError } from '@gridgate/core/errors'
import type { Json } from '@gridgate/core/json'
import type { Log, Needs, Ports } from '@gridgate/core/ports'
import { closeTask } from '@gridgate/core/task/close-task'
import { sweepTasks } from '@gridgate/core/task/sweep-tasks'
import { compose } from '@gridgate/runtime/compose'
import { readConfig } from '@gridgate/runtime/config'
import { alarmStore } from '@gridgate/storage/alarm-store'
import { clusterStore } from '@gridgate/storage/cluster-store'
import { memoryStore } from '@gridgate/storage/memory-store'
import type { Store } from '@gridgate/storage/store'
import {
  type SharedEngine,
  sharedEngine,
  startExecution,
  statusOf,
  stopAll,
  stopExecution,
} from '../../workflows/create-cluster-infra/test/shared-engine.ts'
import * as steps from '../../workflows/failover/steps.ts'
import { stepFunctionName, workflows } from '../../workflows/manifest.ts'
import { actingAs, guardedStore } from '../acting-as.ts'
import { portsOfRow } from '../ports-of-row.ts'
import { type MortalProcess, mortalProcess, ProcessDied, reachedStore } from './mortal-process.ts'
import type { Random } from './random.ts'
import { type VirtualTime, virtualTime } from './virtual-time.ts'
import { openWeather, type Roughness, type Weather } from './weather.ts'

/** Longest that a call to the engine or the queue dawdles, in ms, and that a message is under way. */
const dawdleMsMax = 2_000
const deliveryMsMax = 20_000
/** As the manifest of the queue says: how often a message is handed out, and after how long again, in ms. */
const receivesMax = 5
const visibilityMs = 120_000

/** Ports of a process, on its store, that stand in the place of those it would have. */
export type PlantedPorts = (store: Store, ports: Pick<Ports, 'clock' | 'controllers' | 'instances'>) => Partial<Ports>

/** The gateway as its platform runs it: every request, message and step in a process of its own, on one table. */
export interface Gateway {
  time: VirtualTime
  weather: Weather
  /** What somebody sees who looks at the table's content through the API's own reading, without any of the bad luck. */
  outside: Ports
  /** Does something in a process of its own. @throws {ProcessDied} */
  run<Result>(work: (ports: Ports) => Promise<Result>): Promise<Result>
  /** What EventBridge delivers, to the endpoint or straight into the queue. */
  deliver(event: Json, isStraight: boolean): Promise<void>
  /** Both schedules, once. */
  sweep(): Promise<void>
  /** Stops the workflow of a task from outside, whatever it is doing. */
  kill(taskId: string): Promise<void>
  /** Tells of workflows that ended since it was asked last. */
  tellEnded(): Promise<void>
  close(): Promise<void>
}

export interface GatewayOptions {
  random: Random
  rough: Roughness
  /** The clusters' controllers and the provider of their instances, once there is a time. */
  beyond: (time: VirtualTime, weather: Weather) => Pick<Ports, 'controllers' | 'instances'>
  planted: PlantedPorts
}

type AlarmPorts = HandlePorts & RequestPorts & Needs<'alarmTrust' | 'audit'>

const silent: Log = { info() {}, warn() {}, error() {} }
const config = readConfig({})

export async function openGateway({ random, rough, beyond, planted }: GatewayOptions): Promise<Gateway> {
  const shared = await sharedEngine()
  const time = virtualTime(shared.clock)
  const weather = openWeather(random, time, rough)
  const table = memoryStore()
  const store = guardedStore(table)
  const site: Site = {
    ...{ shared, time, weather, store, planted },
    // Names in the engine that all simulations share; nothing of a simulation depends on them.
    run: `${randomUUID().slice(0, 8)}-`,
    ids: { next: counter() },
    beyond: beyond(time, weather),
    alarms: alarmStore(store),
    send: (message) => void handOut(site, message, 1).catch(() => {}),
  }
  const alive: MortalProcess = { reach: (call) => call(), live: (work) => work() }
  // Who looks from outside does so in the middle of a function's work, too, and has no part in its rights.
  const outside = portsOf(
    { ...site, store: table, weather: { ...weather, strikes: () => null, dawdle: async () => {} } },
    alive,
  )
  shared.runStep = (step, _, payload) => runStep(site, step, payload)
  return {
    ...{ time, weather, outside },
    run: (work) => inProcess(site, work),
    deliver: (event, isStraight) => deliver(site, event, isStraight),
    async sweep() {
      await unlessDead(actingAs('internal-sweep-tasks', () => inProcess(site, sweepTasks)))
      await unlessDead(
        actingAs('internal-sweep-alarms', () =>
          inProcess(site, (ports) => sweepAlarms<AlarmPorts>(ports, openDesk('sweep-alarms'))),
        ),
      )
    },
    kill: (taskId) => stopExecution(shared.engine, 'failover', `${site.run}${taskId}`),
    tellEnded: () => tellEnded(site),
    async close() {
      await stopAll(shared.engine)
      shared.running = 0 // a step that hangs never ends
    },
  }
}

/** What all processes of one gateway share. */
interface Site {
  shared: SharedEngine
  time: VirtualTime
  weather: Weather
  store: Store
  planted: PlantedPorts
  run: string
  ids: Ports['ids']
  beyond: Pick<Ports, 'controllers' | 'instances'>
  alarms: Ports['alarms']
  send: (message: string) => void
}

function counter(): () => string {
  let last = 0
  return () => `00000000-0000-4000-8000-${String(++last).padStart(12, '0')}`
}

function inProcess<Result>(site: Site, work: (ports: Ports) => Promise<Result>): Promise<Result> {
  const process = mortalProcess(site.weather)
  return process.live(() => work(portsOf(site, process)))
}

async function unlessDead(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof ProcessDied || error instanceof GridError)) throw error
  }
}

/** The product's own ports on the table as this process reaches it. */
function portsOf(site: Site, process: MortalProcess): Ports {
  const { time, weather, ids, alarms, beyond } = site
  const { reach } = process
  const store = reachedStore(site.store, process, weather)
  const reached = {
    clock: time.gateway,
    controllers: { call: (...given) => reach(() => beyond.controllers.call(...given)) },
    instances: reachedInstances(beyond.instances, process),
  } satisfies Partial<Ports>
  return compose(config, {
    ...{ store, log: silent },
    ports: {
      ...{ ids, ...reached },
      clusters: { ...clusterStore(store, ids), standBack: () => weather.dawdle(dawdleMsMax) },
      workflows: workflowsOf(site, process),
      alarmQueue: { send: (message) => reach(async () => site.send(message)) },
      // One for all processes, because it waits by the machine's clock where they meet.
      alarms: {
        create: (...given) => reach(() => alarms.create(...given)),
        find: (...given) => reach(() => alarms.find(...given)),
        replace: (...given) => reach(() => alarms.replace(...given)),
        list: (...given) => reach(() => alarms.list(...given)),
      },
      policyMaps: { read: async () => ({ map: {}, version: 0 }), replace: () => Promise.reject(new Error('not here')) },
      ...site.planted(store, reached),
    },
  })
}

function reachedInstances(instances: Ports['instances'], { reach }: MortalProcess): Ports['instances'] {
  return {
    open(entries) {
      const { describe, reboot, replace } = instances.open(entries)
      return {
        describe: (target) => reach(() => describe(target)),
        reboot: (order, key) => reach(() => reboot(order, key)),
        replace: (order, key) => reach(() => replace(order, key)),
      }
    },
  }
}

function workflowsOf({ shared: { engine }, run, weather }: Site, { reach }: MortalProcess): Ports['workflows'] {
  return {
    start: (workflow, taskId, input) =>
      reach(async () => {
        await weather.dawdle(dawdleMsMax)
        const fault = weather.strikes('tableFaults')
        const failure = new GridError('service.unavailable', 'the engine does not answer')
        if (fault === 'before') throw failure
        await startExecution(engine, workflow, `${run}${taskId}`, input).catch(unlessStarted)
        if (fault === 'after') throw failure
      }),
    status: (workflow, taskId) => reach(() => statusOf(engine, workflow, `${run}${taskId}`)),
  }
}

function unlessStarted(error: unknown): void {
  if (!(error instanceof Error && error.name === 'ExecutionAlreadyExists')) throw error
}

/** How the platform names the end of a function's process; some of these the definition repeats. */
const deaths = ['Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Runtime.ExitError']

async function runStep(site: Site, name: string, payload: Json): Promise<Json> {
  const { weather } = site
  const row = workflows.find((one) => one.name === 'failover')?.steps.find((one) => one.name === name)
  const step = Object.entries(steps).find(([known]) => known === name)?.[1]
  if (!row || !step) throw new RangeError(`no step ${name}`)
  const lost = weather.strikes('lostAnswers')
  try {
    if (lost === 'before') throw new ProcessDied('the step never began')
    const result = await actingAs(stepFunctionName('failover', name), () =>
      inProcess(site, (ports) => step.run(portsOfRow(ports, row) as Ports, payload)),
    )
    if (lost === 'after') throw new ProcessDied('the answer was lost')
    return result as Json
  } catch (error) {
    if (!(error instanceof ProcessDied)) throw error
    if (weather.random.chance(0.2)) return new Promise(() => {}) // nobody says anything: the state's time runs out
    throw Object.assign(new Error(error.message), { name: weather.random.pick(deaths) })
  }
}

/** Hands a message out until it is handled, at least once, whenever; in the end it is a dead letter. */
async function handOut(site: Site, body: string, receives: number): Promise<void> {
  const { time, weather } = site
  if (!weather.isCalm && receives === 1 && weather.random.chance(0.3)) void handOut(site, body, 2).catch(() => {})
  await time.sleep(weather.random.between(0, weather.random.chance(0.1) ? 600_000 : deliveryMsMax))
  const event = { Records: [{ messageId: 'm1', body }] }
  try {
    const { batchItemFailures } = await actingAs('internal-receive-alarm', () =>
      inProcess(site, (ports) => receiveAlarms<AlarmPorts>(ports, event, openDesk('receive-alarm'))),
    )
    if (batchItemFailures.length === 0) return
  } catch (error) {
    if (!(error instanceof ProcessDied)) throw error
  }
  await time.sleep(visibilityMs)
  if (receives < receivesMax) return handOut(site, body, receives + 1)
  await unlessDead(actingAs('internal-bury-alarm', () => inProcess(site, (ports) => buryAlarms(ports, event))))
}

async function deliver(site: Site, event: Json, isStraight: boolean): Promise<void> {
  if (isStraight) return site.send(JSON.stringify(event))
  const bringer = { id: 'bridge', clusters: '*' } as const
  for (let attempt = 1; attempt <= receivesMax; attempt++) {
    try {
      await actingAs('alarms-receive-eventbridge', () =>
        inProcess(site, (ports) => takeEventBridge(ports, event, bringer)),
      )
      return
    } catch (error) {
      if (!(error instanceof ProcessDied) && !(error instanceof GridError)) throw error
      await site.time.sleep(site.weather.random.between(1_000, visibilityMs))
    }
  }
}

/** The engine's own event of an execution's end, late, and sometimes twice. */
async function tellEnded(site: Site): Promise<void> {
  const { shared, run, time, weather } = site
  const names = [...shared.ended].filter((name) => name.startsWith(run))
  for (const name of names) shared.ended.delete(name)
  const tell = async (name: string): Promise<void> => {
    await time.sleep(weather.random.between(0, deliveryMsMax))
    const id = name.slice(run.length)
    const status = await statusOf(shared.engine, 'failover', name)
    const event = { detail: { name: id, status: (status ?? 'running').toUpperCase() as 'FAILED' } }
    await unlessDead(actingAs('internal-close-task', () => inProcess(site, (ports) => closeTask(ports, event))))
  }
  await Promise.all([...names, ...names.filter(() => weather.random.chance(0.1))].map(tell))
}
