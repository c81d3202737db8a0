import { at, horizonMs, planIncidents, planMishaps, planOrders, planOthers, type Stage } from './actors.ts'
import { openGateway, type PlantedPorts } from './gateway.ts'
import { type Journal, newJournal } from './journal.ts'
import { controllersOf, makeClusters, register } from './network.ts'
import { seededRandom } from './random.ts'
import type { Carelessness, SimulatedCluster } from './simulated-cluster.ts'
import { simulatedInstances } from './simulated-instances.ts'
import { judgeEnd, observe, watchEffects } from './watch.ts'

/** Time between two looks of the schedules, in ms, and the time after the last mishap in which all comes to rest. */
const sweepMs = 180_000
const restMs = 1.25 * 3_600_000

/** Something that is made wrong on purpose, to show that the simulator sees it. */
export interface Fault {
  ports?: PlantedPorts
  careless?: Carelessness
}

/** Lives through one seed; whatever it does follows from the seed and the fault. */
export async function simulate(seed: number, fault: Fault = {}): Promise<Journal> {
  const random = seededRandom(seed)
  const network = random.fork()
  let clusters: SimulatedCluster[] = []
  const gateway = await openGateway({
    random: random.fork(),
    rough: random.pick([
      { deaths: 0, tableFaults: 0, controllerFaults: 0, lostAnswers: 0, delays: 0.2 },
      { deaths: 0.1, tableFaults: 0.002, controllerFaults: 0.03, lostAnswers: 0.05, delays: 0.1 },
      { deaths: 0.3, tableFaults: 0.01, controllerFaults: 0.1, lostAnswers: 0.15, delays: 0.1 },
    ]),
    beyond(time, weather) {
      clusters = makeClusters(network, time, weather, fault.careless ?? null)
      const instances = simulatedInstances(clusters, time, weather, fault.careless ?? null)
      return { controllers: controllersOf(clusters, weather), instances }
    },
    planted: fault.ports ?? (() => ({})),
  })
  const busy = [1, 2, 3, 4].map(() => random.between(0, horizonMs))
  const stage: Stage = { gateway, clusters, journal: newJournal(), random, busy }
  try {
    await register(gateway.outside, clusters, random)
    watchEffects(stage)
    for (const plan of [planOrders, planIncidents, planOthers, planMishaps]) plan(stage)
    await live(stage)
    await judgeEnd(stage)
    return stage.journal
  } finally {
    await gateway.close()
  }
}

/** Lets everything happen, then lets everything come to rest. */
async function live(stage: Stage): Promise<void> {
  const { gateway } = stage
  const { time, weather } = gateway
  at(stage, horizonMs, async () => {
    weather.isCalm = true
  })
  for (let ms = sweepMs; ms <= horizonMs + restMs; ms += sweepMs) {
    await time.advanceTo(ms)
    at(stage, 0, () => gateway.tellEnded())
    at(stage, 0, () => observe(stage))
    at(stage, stage.random.between(0, sweepMs), () => gateway.sweep())
  }
  await time.advanceTo(horizonMs + restMs + sweepMs)
}
