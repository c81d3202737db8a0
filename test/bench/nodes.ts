import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '../../packages/kube/contract/client.ts'
import { type Product, startByScript, temporaryFolder } from '../e2e/product.ts'
import { type ControlPlane, startControlPlane } from '../real/control-plane/start-control-plane.ts'
import { findPrograms } from '../real/programs/find-programs.ts'
import { createNodes, nodesCount, resizeGpus } from './many-nodes.ts'
import { measureMemory } from './nodes-memory.ts'
import { type Claim, claim, type Section } from './section.ts'

const id = 'big'
const rounds = 5

/** What a cluster with many nodes takes on a real control plane: built once, see test/real/README.md. */
export const nodes: Section = {
  name: 'nodes',
  about: `a real control plane with ${nodesCount} nodes: their sync, and the memory of the shipped controller`,
  async run() {
    const plane = await startControlPlane(await findPrograms((line) => void process.stderr.write(`${line}\n`)))
    const client = new Client(plane)
    const folder = temporaryFolder()
    try {
      await createNodes(client)
      return [...(await measureSyncs(plane, client, folder.path)), ...(await measureMemory(plane, client, folder.path))]
    } finally {
      folder.remove()
      client.close()
      await plane.stop()
    }
  },
}

async function measureSyncs(plane: ControlPlane, client: Client, folder: string): Promise<Claim[]> {
  const file = join(folder, 'kubeconfig')
  writeFileSync(file, plane.kubeconfig)
  const product = startByScript(join(folder, 'data'), '--no-tour', '--kubeconfig', file, '--cluster-id', id)
  const changed: number[] = []
  const unchanged: number[] = []
  try {
    await product.ready
    for (let round = 1; round <= rounds; round++) {
      await resizeGpus(client, 30_000 + round)
      changed.push(await syncSeconds(product, 'changed'))
      unchanged.push(await syncSeconds(product, 'unchanged'))
    }
  } finally {
    await product.interrupt()
  }
  return [
    claim(`POST /clusters/{id}/sync, ${nodesCount} of ${nodesCount} nodes changed`, 's', changed, { atMost: 5 }),
    claim('the same, nothing changed', 's', unchanged),
  ]
}

/** @throws {Error} when the reply does not count all the nodes as the kind that it should */
async function syncSeconds(product: Product, kind: 'changed' | 'unchanged'): Promise<number> {
  const begun = performance.now()
  const { status, body } = await product.call('POST', `/clusters/${id}/sync`)
  const seconds = (performance.now() - begun) / 1000
  const { data } = body as { data?: { changed: unknown[]; unchanged: number } }
  const counted = { changed: data?.changed.length ?? 0, unchanged: data?.unchanged ?? 0 }
  if (status !== 200 || counted[kind] < nodesCount)
    throw new Error(`a sync answered ${status} with ${JSON.stringify(counted)} of ${nodesCount} ${kind} nodes`)
  return seconds
}
