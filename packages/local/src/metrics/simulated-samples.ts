import { parseQuantity } from '@gridgate/kube/quantity'
import { isPowered } from '../kube/controllers/nodes.ts'
import type { Node } from '../kube/shapes.ts'
import type { NodeSamples } from './answer-query.ts'

/** As the collectors of a new cluster are set; a sample is at most so old. */
const intervalSeconds = 30
const mebibyte = 2 ** 20
const diskMegabytes = 1_000_000
const bootMegabytes = 1024
/** GPU memory by product, in MB. */
const gpuMegabytes: readonly [RegExp, number][] = [
  [/80GB/, 81_920],
  [/L4/, 23_034],
]
/** Made up, like every load here, where the product is none of these. */
const gpuMegabytesDefault = 16_384

/**
 * What the simulated nodes say of themselves: sizes are those of the node, the rest is made up of smooth curves, the same
 * for the same node and moment. A node that is switched off says nothing.
 */
export function simulatedSamples(nodes: readonly Node[], moment: number): NodeSamples[] {
  const at = moment - (moment % intervalSeconds)
  return nodes.filter(isPowered).map((node) => {
    const id = node.metadata.labels?.nodeID ?? node.metadata.name
    const seed = [...id].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 9973, 7)
    const gpus = gpusOf(node, seed, at)
    return { id, at, gpus, figures: { ...figuresOf(node, seed, at), ...gpuFigures(gpus) } }
  })
}

/** Between 0 and 1, one wave an hour. */
const wave = (seed: number, at: number): number => 0.5 + 0.5 * Math.sin(seed + (at / 3600) * 2 * Math.PI)

function figuresOf(node: Node, seed: number, at: number): Record<string, number> {
  const { capacity = {} } = node.status ?? {}
  const megabytes = (parseQuantity(capacity.memory) ?? 0) / mebibyte
  const busy = 0.2 + 0.4 * wave(seed, at)
  const cores = parseQuantity(capacity.cpu) ?? 1
  const used = Math.round(diskMegabytes * (0.3 + 0.1 * wave(seed * 3, at)))
  const uptime = at % 31_536_000
  return {
    'memory.freeMem': megabytes * (1 - busy),
    'memory.usedMem': megabytes * busy,
    'memory.averageUtil': 100 * busy,
    'memory.usedSwap': 0,
    'memory.freeSwap': 0,
    'memory.pageFaultsPerSec': 1000 * busy,
    'vcpu.load1m': cores * busy,
    'vcpu.load5m': cores * (0.2 + 0.4 * wave(seed, at - 150)),
    'vcpu.load15m': cores * (0.2 + 0.4 * wave(seed, at - 450)),
    'vcpu.runningThreads': Math.ceil(cores * busy),
    'vcpu.totalThreads': 800 + (seed % 400),
    'vcpu.runningProcesses': Math.ceil((cores * busy) / 2),
    'vcpu.totalProcesses': 250 + (seed % 100),
    'storage.freeMem': diskMegabytes - used,
    'storage.usedMem': used,
    'storage.disks.memory.freeMem': diskMegabytes - used + bootMegabytes / 2,
    'storage.disks.memory.usedMem': used + bootMegabytes / 2,
    'storage.disks.memory.maxDisk': diskMegabytes,
    'storage.disks.memory.minDisk': bootMegabytes,
    'storage.disks.iops.blocksPerSec': 400,
    'storage.disks.iops.readBytes': uptime * 1_000_000,
    'storage.disks.iops.writeBytes': uptime * 2_000_000,
    'storage.disks.iops.total': uptime * 400,
    'storage.disks.iops.active': uptime * 100,
    'storage.disks.iops.response': uptime * 200,
    ...traffic('network', uptime, 5_000_000),
    ...traffic('network.ifaces', uptime, 6_000_000),
  }
}

const traffic = (prefix: string, uptime: number, bytesPerSecond: number): Record<string, number> =>
  Object.fromEntries(
    ['tx', 'rx'].flatMap((way) => [
      [`${prefix}.${way}BytesTotal`, uptime * bytesPerSecond],
      ...[1, 5, 15].map((minutes) => [`${prefix}.${way}Bytes${minutes}m`, minutes * 60 * bytesPerSecond]),
    ]),
  )

function gpusOf(node: Node, seed: number, at: number): Record<string, number>[] {
  const count = parseQuantity(node.status?.capacity?.['nvidia.com/gpu']) ?? 0
  const product = node.metadata.labels?.['nvidia.com/gpu.product'] ?? ''
  const totalMem = gpuMegabytes.find(([pattern]) => pattern.test(product))?.[1] ?? gpuMegabytesDefault
  return Array.from({ length: count }, (_, gpu) => {
    const busy = wave(seed + gpu, at)
    return {
      usedMem: Math.round(totalMem * busy),
      freeMem: totalMem - Math.round(totalMem * busy),
      totalMem,
      memUtilization: (100 * Math.round(totalMem * busy)) / totalMem,
      cudaUtilization: Math.round(100 * busy),
      powerUtilization: 60 + 240 * busy,
      temperature: Math.round(35 + 40 * busy),
    }
  })
}

function gpuFigures(gpus: NodeSamples['gpus']): Record<string, number> {
  if (gpus.length === 0) return {}
  const sum = (name: string): number => gpus.reduce((total, gpu) => total + (gpu[name] ?? 0), 0)
  return {
    'gpu.totalUsedMem': sum('usedMem'),
    'gpu.totalFreeMem': sum('freeMem'),
    'gpu.totalMem': sum('totalMem'),
    'gpu.avgMemUtilization': sum('memUtilization') / gpus.length,
    'gpu.avgCudaUtilization': sum('cudaUtilization') / gpus.length,
    'gpu.avgPowerUtilization': sum('powerUtilization') / gpus.length,
    'gpu.avgTemperature': sum('temperature') / gpus.length,
    'gpu.count': gpus.length,
  }
}
