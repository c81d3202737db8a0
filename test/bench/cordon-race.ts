import type { Client } from '../../packages/kube/contract/client.ts'
import { temporaryFolder } from '../e2e/product.ts'
import { startApiServer } from './api-server.ts'
import { controllerRacer, type Racer, sequentialRacer, startKubectlRacer } from './cordon-racers.ts'
import { ratios } from './load.ts'
import { createNodes } from './many-nodes.ts'
import { countMissed, freePool, type Pool, poolOf } from './pool.ts'
import { type Claim, claim, largest, median } from './section.ts'
import { startShippedController } from './shipped-controller.ts'
import { measureThrottled } from './throttled-cordon.ts'

const medium = poolOf('medium', 200)
const large = poolOf('large', 1000)
const mediumRounds = 5
const largeRounds = 3

/** What every racer took in each of its rounds, in milliseconds, and how many nodes each round missed. */
interface Race {
  ms: Partial<Record<Racer['name'], number[]>>
  missed: number[]
}

/** The shipped controller beside kubectl and beside patches one after the other, on one API server, taking turns. */
export async function measureCordons(): Promise<Claim[]> {
  const api = await startApiServer()
  const folder = temporaryFolder()
  const kubectl = startKubectlRacer(api.kubeconfig)
  try {
    for (const pool of [medium, large]) await createNodes(api.client, pool)
    const controller = await startShippedController(api, api.client, folder.path)
    try {
      const ours = controllerRacer(controller)
      const both = [ours, sequentialRacer(api.client)]
      return [
        ...claimsOf(medium, await race(api.client, medium, mediumRounds, [...both, ...(kubectl ? [kubectl] : [])])),
        ...claimsOf(large, await race(api.client, large, largeRounds, both)),
        ...(await measureThrottled(api, medium, ours)),
      ]
    } finally {
      await controller.stop()
    }
  } finally {
    kubectl?.remove()
    await api.stop()
    folder.remove()
  }
}

async function race(client: Client, pool: Pool, rounds: number, racers: readonly Racer[]): Promise<Race> {
  const found: Race = { ms: {}, missed: [] }
  for (let round = 0; round < rounds; round++)
    for (const { name, roundsMax = rounds, prepare, cordon } of round % 2 === 0 ? racers : racers.toReversed()) {
      if (round >= roundsMax) continue
      await prepare?.(pool)
      const begun = performance.now()
      await cordon(pool)
      found.ms[name] = [...(found.ms[name] ?? []), performance.now() - begun]
      found.missed.push(await countMissed(client, pool))
      await freePool(client, pool)
    }
  return found
}

function claimsOf(pool: Pool, { ms, missed }: Race): Claim[] {
  const { ours = [], sequential = [], kubectl } = ms
  const nodes = `${pool.count} nodes`
  return [
    claim(`${nodes}, one call of the controller`, 'ms', ours),
    claim(`${nodes}, plain patches one after the other`, 'ms', sequential),
    claim(`${nodes}, plain patches by ours`, 'ratio', ratios(sequential, ours), { atLeast: 3 }),
    ...(kubectl ? kubectlClaims(pool, kubectl, ours) : []),
    largest(`${nodes}, missed by any, largest`, 'nodes', missed, { atMost: 0 }),
  ]
}

/** What an operator pays holds the start of the program, so the time for one node is shown beside it. */
const kubectlClaims = (pool: Pool, kubectl: readonly number[], ours: readonly number[]): Claim[] => [
  claim(`${pool.count} nodes, kubectl cordon -l with its start`, 'ms', kubectl),
  claim('kubectl, for each node', 'ms', perNode(kubectl, pool)),
  claim('the controller, for each node', 'ms', perNode(ours, pool)),
  claim(`${pool.count} nodes, kubectl by each of ours`, 'ratio', eachBy(median(kubectl), ours), { atLeast: 50 }),
]

const eachBy = (peer: number, ours: readonly number[]): number[] => ours.map((value) => peer / value)

const perNode = (values: readonly number[], { count }: Pool): number[] => values.map((value) => value / count)
