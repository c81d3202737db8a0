import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { bundleForNode } from '@gridgate/local/cloud/node-bundle'
import { imageStart } from '../../packages/controller/test/containerfile.ts'
import type { Client } from '../../packages/kube/contract/client.ts'
import type { ControlPlane } from '../real/control-plane/start-control-plane.ts'
import { nodesCount, resizeGpus } from './many-nodes.ts'
import { residentMb } from './processes.ts'
import { type Claim, largest } from './section.ts'
import { type ShippedController, startShippedController } from './shipped-controller.ts'

const samples = 30
const peerSamples = 5
const sampleMs = 1000

/** What the shipped controller takes, beside a program that does nothing but list the nodes once. */
export async function measureMemory(plane: ControlPlane, client: Client, folder: string): Promise<Claim[]> {
  const ours = await measureController(plane, client, folder)
  const peer = await measurePeer(plane, folder)
  return [
    largest(`the shipped controller at ${nodesCount} nodes, largest`, 'MB', ours, { atMost: 120 }),
    largest('peer: the nodes listed once with @kubernetes/client-node', 'MB', peer),
  ]
}

/** Sampled while all nodes are asked for again and again, and each of them changes once. */
async function measureController(plane: ControlPlane, client: Client, folder: string): Promise<number[]> {
  const controller = await startShippedController(plane, client, folder)
  try {
    await askAll(controller)
    const sampling = sample(controller.pid, samples, () => askAll(controller))
    const [values] = await Promise.all([sampling, resizeGpus(client, 40_000)])
    return values
  } finally {
    await controller.stop()
  }
}

/** Resident memory in megabytes of 10^6 bytes, as the promise is made. */
async function sample(pid: number, count: number, work: () => Promise<void>): Promise<number[]> {
  const values: number[] = []
  while (values.length < count) {
    await work()
    values.push((residentMb(pid).product * 2 ** 20) / 1e6)
    await delay(sampleMs)
  }
  return values
}

/** Everything that names or counts all nodes. @throws {Error} when an answer lacks some */
async function askAll(controller: ShippedController): Promise<void> {
  const seen = await controller.get('/cluster-actions/get-cluster')
  const { nodes_status } = await controller.get('/nodes_status')
  const counts = [await countPages(controller), seen.nodes.count, nodes_status.length]
  if (counts.some((one) => one < nodesCount)) throw new Error(`${counts.join(', ')} nodes of ${nodesCount} were read`)
}

/** As a sync asks. */
async function countPages(controller: ShippedController): Promise<number> {
  let cursor: string | null = null
  let count = 0
  do {
    const query: string = new URLSearchParams({ limit: '500', ...(cursor ? { cursor } : {}) }).toString()
    const page = await controller.get(`/nodes?${query}`)
    count += page.nodes.length
    cursor = page.next_cursor
  } while (cursor !== null)
  return count
}

/** Bundled and started as ours is. */
async function measurePeer(plane: ControlPlane, folder: string): Promise<number[]> {
  const [program, file] = [join(folder, 'list-nodes.mjs'), join(folder, 'peer-kubeconfig')]
  const entryPoint = join(import.meta.dirname, 'servers/list-nodes.ts')
  await bundleForNode({ entryPoints: [entryPoint], outfile: program })
  writeFileSync(file, plane.kubeconfig)
  const { command, args, env } = imageStart(folder)
  const child = spawn(command, [...args.slice(0, -1), program, file], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  try {
    const [said] = await Promise.race([once(child.stdout, 'data'), ended])
    const { nodes } = JSON.parse(String(said)) as { nodes?: number }
    if ((nodes ?? 0) < nodesCount) throw new Error(`the peer listed ${said} of ${nodesCount} nodes`)
    return await sample(child.pid ?? 0, peerSamples, async () => {})
  } finally {
    child.stdin.end()
    await ended
  }
}
