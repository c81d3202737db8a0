import type { NodeSamples } from '@gridgate/local/metrics/answer-query'

export const clusterId = 'west-1'
/** The moment of the tests, in Unix seconds. */
export const at = Math.floor(Date.now() / 1000)

/** Bytes per second of every node; the counts of one minute and more follow from them. */
const rates = { rx: 60, tx: 20, blocks: 20, faults: 10 }
const lately = Object.fromEntries(
  (['rx', 'tx'] as const).flatMap((way) =>
    ([1, 5, 15] as const).flatMap((minutes) =>
      ['network', 'network.ifaces'].map((prefix) => [`${prefix}.${way}Bytes${minutes}m`, rates[way] * minutes * 60]),
    ),
  ),
)
const common = {
  ...lately,
  'memory.pageFaultsPerSec': rates.faults,
  'storage.disks.iops.blocksPerSec': rates.blocks,
  'storage.disks.iops.readBytes': 1_000_000,
  'storage.disks.iops.writeBytes': 2_000_000,
  'storage.disks.iops.total': 9000,
  'storage.disks.iops.active': 50,
  'storage.disks.iops.response': 30,
  'network.txBytesTotal': 5_000_000,
  'network.rxBytesTotal': 7_000_000,
  'network.ifaces.txBytesTotal': 6_000_000,
  'network.ifaces.rxBytesTotal': 8_000_000,
}

const disk = (rootFree: number, rootUsed: number, free: number, used: number): Record<string, number> => ({
  'storage.freeMem': rootFree,
  'storage.usedMem': rootUsed,
  'storage.disks.memory.freeMem': free,
  'storage.disks.memory.usedMem': used,
  'storage.disks.memory.maxDisk': Math.max(rootFree + rootUsed, free + used - rootFree - rootUsed),
  'storage.disks.memory.minDisk': Math.min(rootFree + rootUsed, free + used - rootFree - rootUsed),
})

const memory = (free: number, used: number, freeSwap: number, usedSwap: number): Record<string, number> => ({
  'memory.freeMem': free,
  'memory.usedMem': used,
  'memory.averageUtil': (100 * used) / (free + used),
  'memory.freeSwap': freeSwap,
  'memory.usedSwap': usedSwap,
})

const processor = (load: number, threads: number, running: number, processes: number): Record<string, number> => ({
  'vcpu.load1m': load,
  'vcpu.load5m': load === 1.2 ? 1 : load === 2.4 ? 2 : 0.5,
  'vcpu.load15m': load === 1.2 ? 0.8 : load === 2.4 ? 1.6 : 0.4,
  'vcpu.runningThreads': running,
  'vcpu.totalThreads': threads,
  'vcpu.runningProcesses': running === 1 ? 0 : running - 1 - (running > 3 ? 1 : 0),
  'vcpu.totalProcesses': processes,
})

const gpu = (usedMem: number, freeMem: number, load: number, power: number, temperature: number) => ({
  usedMem,
  freeMem,
  totalMem: usedMem + freeMem,
  memUtilization: (100 * usedMem) / (usedMem + freeMem),
  cudaUtilization: load,
  powerUtilization: power,
  temperature,
})

/** The figures of all GPUs of a node. */
function gpuTotals(gpus: NodeSamples['gpus']): Record<string, number> {
  if (gpus.length === 0) return {}
  const sum = (name: string): number => gpus.reduce((total, one) => total + (one[name] ?? 0), 0)
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

function node(id: string, figures: Record<string, number>, gpus: NodeSamples['gpus'], seen = at): NodeSamples {
  return { id, at: seen, figures: { ...common, ...figures, ...gpuTotals(gpus) }, gpus }
}

export const cpuNode = node(
  'a-cpu.only',
  { ...memory(1024, 3072, 1536, 512), ...processor(0.6, 100, 1, 20), ...disk(10_000, 10_000, 15_000, 15_000) },
  [],
)
export const largeNode = node(
  'node-1',
  { ...memory(65_536, 32_768, 4096, 0), ...processor(1.2, 1200, 2, 310), ...disk(400_000, 100_000, 410_000, 112_000) },
  [gpu(4096, 12_288, 40, 120, 55), gpu(8192, 8192, 40, 120, 60)],
)
export const smallNode = node(
  'node-2',
  {
    ...memory(131_072, 65_536, 4096, 0),
    ...processor(2.4, 1200, 4, 310),
    ...disk(300_000, 100_000, 700_000, 300_000),
  },
  [gpu(2048, 14_336, 80, 90, 50)],
)
export const staleNode = node(
  'z-gone',
  {
    ...memory(999_999, 999_999, 4096, 0),
    ...processor(0.6, 1200, 2, 310),
    ...disk(300_000, 100_000, 700_000, 300_000),
    'vcpu.load15m': 99,
  },
  [],
  at - 600,
)

export const allNodes: readonly NodeSamples[] = [cpuNode, largeNode, smallNode, staleNode]
