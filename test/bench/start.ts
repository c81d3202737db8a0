import { setTimeout as delay } from 'node:timers/promises'
import { type Product, startByScript, temporaryFolder } from '../e2e/product.ts'
import { residentMb } from './processes.ts'
import { type Claim, claim, type Section } from './section.ts'

const starts = 5
const tours = 3
/** An idle sandbox goes after 60 s. */
const sandboxIdleMs = 65_000

/** How soon the product is ready, and what it takes after its tour. */
export const start: Section = {
  name: 'start',
  about: 'time to ready, memory after the tour, the tour itself',
  async run() {
    return [...(await measureStarts()), ...(await measureTours())]
  },
}

async function measureStarts(): Promise<Claim[]> {
  const folder = temporaryFolder()
  const first: number[] = []
  const second: number[] = []
  try {
    for (let round = 0; round < starts; round++) {
      first.push(await readyMs(`${folder.path}/${round}`))
      second.push(await readyMs(`${folder.path}/${round}`))
    }
  } finally {
    folder.remove()
  }
  return [
    claim('ready, on an empty folder', 'ms', first, { atMost: 2000 }),
    claim('ready, on the folder of last time', 'ms', second, { atMost: 2000 }),
  ]
}

async function readyMs(data: string): Promise<number> {
  const product = startByScript(data, '--no-tour')
  const { ms } = await product.ready
  await product.interrupt()
  return ms as number
}

async function measureTours(): Promise<Claim[]> {
  const memory: number[] = []
  const sandbox: number[] = []
  const tourMs: number[] = []
  const afterIdle: number[] = []
  for (let round = 0; round < tours; round++) {
    const folder = temporaryFolder()
    const product = startByScript(folder.path)
    try {
      await product.ready
      const begun = performance.now()
      await Promise.race([product.until('tour.ended'), failedTour(product)])
      tourMs.push(performance.now() - begun)
      const resident = residentMb(pidOf(product))
      memory.push(resident.product)
      sandbox.push(resident.sandbox)
      if (round > 0) continue
      await delay(sandboxIdleMs)
      afterIdle.push(residentMb(pidOf(product)).sandbox)
    } finally {
      await product.interrupt()
      folder.remove()
    }
  }
  return [
    claim('all processes but the sandbox, right after the tour', 'MiB', memory, { atMost: 350 }),
    claim('the sandbox, right after the tour', 'MiB', sandbox, { atMost: 450 }),
    claim('the sandbox, 65 s later', 'MiB', afterIdle, { atMost: 0 }),
    claim('the tour', 'ms', tourMs),
  ]
}

async function failedTour(product: Product): Promise<never> {
  const { reason } = await product.until('tour.failed')
  throw new Error(`the tour failed: ${reason}`)
}

const pidOf = ({ child }: Product): number => child.pid ?? 0
