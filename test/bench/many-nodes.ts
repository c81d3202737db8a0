import type { Answer, Client } from '../../packages/kube/contract/client.ts'
import { eventually } from '../e2e/product.ts'

/** Nodes of a large cluster. */
export const nodesCount = 1000
/** By which GKE says of a node which pool it is in. */
export const poolLabel = 'cloud.google.com/gke-nodepool'
/** Requests under way while they are written. */
const requestsAtOnce = 20
/** On a busy machine KWOK needs a while for all of them. */
const readySecondsMax = 180
const nodes = '/api/v1/nodes'
const gpuMemoryLabel = 'nvidia.com/gpu.memory'

/** Nodes of one kind, and how they are called. */
export interface NodeGroup {
  count: number
  prefix: string
  /** Null: they are in no pool. */
  pool: string | null
  /** Names and sizes of them make up most of a node's document. */
  images: number
}
/** A kubelet names so many of its images at most. */
const imagesMax = 50
const largeCluster: NodeGroup = { count: nodesCount, prefix: 'node', pool: null, images: imagesMax }

/** Registers the nodes as their kubelets would; returns when KWOK, or who plays it, says of each that it is ready. */
export async function createNodes(client: Client, group: NodeGroup = largeCluster): Promise<void> {
  await forEachNode(group, async (name) => refuseUnless(await client.post(nodes, nodeBody(name, group)), 201, name))
  await forEachNode(group, async (name) => {
    const look = async (): Promise<boolean> => isReady(await client.get(`${nodes}/${name}`))
    if (!(await eventually(look, readySecondsMax))) throw new Error(`${name} is not ready after ${readySecondsMax} s`)
  })
}

/**
 * Gives the GPUs of every node another size, so that each document of one must be written. By a label: KWOK writes a status anew,
 * as it knew it, once the lease of a node came late.
 */
export const resizeGpus = (client: Client, megabytes: number): Promise<void> =>
  forEachNode(largeCluster, async (name) => {
    const labels = { [gpuMemoryLabel]: String(megabytes) }
    refuseUnless(await client.patch(`${nodes}/${name}`, { metadata: { labels } }), 200, name)
  })

export async function forEachNode({ count, prefix }: NodeGroup, work: (name: string) => Promise<void>): Promise<void> {
  const from = async (first: number): Promise<void> => {
    for (let index = first; index < count; index += requestsAtOnce)
      await work(`${prefix}-${String(index).padStart(4, '0')}.example.internal`)
  }
  await Promise.all(Array.from({ length: requestsAtOnce }, (_, first) => from(first)))
}

export function refuseUnless({ status, body }: Answer, wanted: number, name: string): void {
  if (status !== wanted) throw new Error(`${name} was not written: ${status} ${body.message}`)
}

const isReady = ({ body }: Answer): boolean =>
  (body.status?.conditions ?? []).some(
    ({ type, status }: Record<string, string>) => type === 'Ready' && status === 'True',
  )

/** A machine with GPUs as a cloud makes it: labelled by the cloud and NVIDIA's feature discovery. */
function nodeBody(name: string, { pool, images: length }: NodeGroup): object {
  const amounts = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '110', 'nvidia.com/gpu': '2' }
  const labels = {
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'node.kubernetes.io/instance-type': 'g5.12xlarge',
    'topology.kubernetes.io/region': 'us-west-2',
    'topology.kubernetes.io/zone': 'us-west-2a',
    'nvidia.com/gpu.count': '2',
    [gpuMemoryLabel]: '24576',
    'nvidia.com/gpu.present': 'true',
    'nvidia.com/gpu.product': 'NVIDIA-A10G',
    ...(pool === null ? {} : { [poolLabel]: pool }),
  }
  const images = Array.from({ length }, (_, index) => {
    const repository = `registry.example.com/team-${index % 7}/service-${index}`
    const digest = String(index).padStart(64, '0')
    return { names: [`${repository}@sha256:${digest}`, `${repository}:v1.${index}.0`], sizeBytes: 10_000_000 + index }
  })
  // Nobody plays the kubelets of pools.
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }]
  return {
    metadata: { name, labels },
    spec: { providerID: `aws:///us-west-2a/${name}` },
    status: { capacity: amounts, allocatable: amounts, images, ...(pool === null ? {} : { conditions }) },
  }
}
