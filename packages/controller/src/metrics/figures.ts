/** How the figures of nodes become the cluster's (spec/metrics.md §2, spec/errors-and-gaps.md 85). */
export type Aggregation = 'sum' | 'avg' | 'max' | 'min'

/** One documented figure: where it stands, and the query that gives it for each `node_id`. */
export interface Figure {
  path: string
  over: Aggregation
  /** In the templates of `figure-query.ts`: `of` limits to the nodes asked for, `node(…)` gives the last sample, and so on. */
  query: string
  /** Needs more than the last sample, so a node that no longer reports has none. */
  isRate?: true
}

const mebibyte = 2 ** 20

const memory = (name: string): string => `node(node_memory_${name}_bytes{of})`

const memoryFigures: readonly Figure[] = [
  { path: 'memory.freeMem', over: 'sum', query: `${memory('MemAvailable')} / ${mebibyte}` },
  { path: 'memory.size', over: 'sum', query: `${memory('MemTotal')} / ${mebibyte}` },
  { path: 'memory.averageUtil', over: 'avg', query: `100 * (1 - ${memory('MemAvailable')} / ${memory('MemTotal')})` },
  { path: 'memory.swapSize', over: 'sum', query: `${memory('SwapTotal')} / ${mebibyte}` },
  { path: 'memory.freeSwap', over: 'sum', query: `${memory('SwapFree')} / ${mebibyte}` },
  { path: 'memory.pageFaultsPerSec', over: 'sum', query: 'perSecond(node_vmstat_pgfault{of})', isRate: true },
]

const processorFigures: readonly Figure[] = [
  { path: 'vcpu.load1m', over: 'avg', query: 'node(node_load1{of})' },
  { path: 'vcpu.load5m', over: 'avg', query: 'node(node_load5{of})' },
  { path: 'vcpu.load15m', over: 'avg', query: 'node(node_load15{of})' },
  { path: 'vcpu.runningThreads', over: 'sum', query: 'node(node_procs_running{of})' },
  { path: 'vcpu.totalThreads', over: 'sum', query: 'node(node_processes_threads{of})' },
  {
    path: 'vcpu.runningProcesses',
    over: 'sum',
    // The exporter says nothing of a state that no process is in.
    query: 'node(node_processes_state{of, state="R"}) or 0 * node(node_processes_pids{of})',
  },
  { path: 'vcpu.totalProcesses', over: 'sum', query: 'node(node_processes_pids{of})' },
]

const root = (name: string): string => `node(node_filesystem_${name}_bytes{of, mountpoint="/"})`
/** File systems that are no disk. */
const volumes = 'fstype!~"tmpfs|ramfs|overlay|squashfs|fuse.*|nfs.*|cifs|ceph.*"'
const disks = (name: string): string => `devices(node_filesystem_${name}_bytes{of, ${volumes}})`
/** Without what lies on other disks, so that nothing counts twice. */
const drives = 'device!~"dm-.*|md.*|drbd.*|loop.*|ram.*|zram.*|sr.*|fd.*"'
const drive = (name: string): string => `devices(node_disk_${name}_total{of, ${drives}})`
const driveRate = (name: string): string => `devicesPerSecond(node_disk_${name}_total{of, ${drives}})`

const storageFigures: readonly Figure[] = [
  { path: 'storage.freeMem', over: 'sum', query: `${root('avail')} / ${mebibyte}` },
  { path: 'storage.size', over: 'sum', query: `${root('size')} / ${mebibyte}` },
  { path: 'storage.disks.memory.freeMem', over: 'sum', query: `${disks('avail')} / ${mebibyte}` },
  { path: 'storage.disks.memory.size', over: 'sum', query: `${disks('size')} / ${mebibyte}` },
  {
    path: 'storage.disks.memory.maxDisk',
    over: 'max',
    query: `node(node_filesystem_size_bytes{of, ${volumes}}) / ${mebibyte}`,
  },
  {
    path: 'storage.disks.memory.minDisk',
    over: 'min',
    query: `min by (node_id) (last(node_filesystem_size_bytes{of, ${volumes}})) / ${mebibyte}`,
  },
  {
    path: 'storage.disks.iops.blocksPerSec',
    over: 'sum',
    query: `${driveRate('reads_completed')} + ${driveRate('writes_completed')}`,
    isRate: true,
  },
  { path: 'storage.disks.iops.readBytes', over: 'sum', query: drive('read_bytes') },
  { path: 'storage.disks.iops.writeBytes', over: 'sum', query: drive('written_bytes') },
  {
    path: 'storage.disks.iops.total',
    over: 'sum',
    query: `${drive('reads_completed')} + ${drive('writes_completed')}`,
  },
  { path: 'storage.disks.iops.active', over: 'sum', query: `1000 * ${drive('io_time_seconds')}` },
  {
    path: 'storage.disks.iops.response',
    over: 'sum',
    query: `1000 * (${drive('read_time_seconds')} + ${drive('write_time_seconds')})`,
  },
]

/** Interfaces inside of a node, or made of others: what passes them passes an uplink too, or never leaves. */
const inner =
  'lo|veth.*|cali.*|cni.*|lxc.*|cilium.*|flannel.*|vxlan.*|geneve.*|docker.*|br-?.*|virbr.*|tun.*|tap.*|wg.*|kube-.*|nodelocaldns|ifb.*|dummy.*|bond.*|team.*|.*[.].*'

function traffic(prefix: string, devices: string): Figure[] {
  return (['tx', 'rx'] as const).flatMap((direction): Figure[] => {
    const name = direction === 'tx' ? 'transmit' : 'receive'
    const bytes = `node_network_${name}_bytes_total{of, ${devices}}`
    return [
      { path: `${prefix}.${direction}BytesTotal`, over: 'sum', query: `devices(${bytes})` },
      ...['1m', '5m', '15m'].map(
        (window): Figure => ({
          path: `${prefix}.${direction}Bytes${window}`,
          over: 'sum',
          query: `grown${window}(${bytes})`,
          isRate: true,
        }),
      ),
    ]
  })
}

const gpu = {
  used: 'gpuMemory(DCGM_FI_DEV_FB_USED{of})',
  free: 'gpuMemory(DCGM_FI_DEV_FB_FREE{of})',
  load: 'gpu(DCGM_FI_DEV_GPU_UTIL{of})',
  power: 'gpu(DCGM_FI_DEV_POWER_USAGE{of})',
  temperature: 'gpu(DCGM_FI_DEV_GPU_TEMP{of})',
} as const
/** The share of the memory that is used, with each of both read once. */
const memoryShare = `100 / (1 + ${gpu.free} / ${gpu.used})`

const gpuFigures: readonly Figure[] = [
  { path: 'gpu.totalUsedMem', over: 'sum', query: `sum by (node_id) (${gpu.used})` },
  { path: 'gpu.totalFreeMem', over: 'sum', query: `sum by (node_id) (${gpu.free})` },
  { path: 'gpu.avgMemUtilization', over: 'avg', query: `avg by (node_id) (${memoryShare})` },
  { path: 'gpu.avgCudaUtilization', over: 'avg', query: `avg by (node_id) (${gpu.load})` },
  { path: 'gpu.avgPowerUtilization', over: 'avg', query: `avg by (node_id) (${gpu.power})` },
  { path: 'gpu.avgTemperature', over: 'avg', query: `avg by (node_id) (${gpu.temperature})` },
  { path: 'gpu.count', over: 'sum', query: `count by (node_id) (${gpu.free})` },
]

/** Figures of single GPUs: by `node_id` and `gpu`. The number of a GPU is a name within its node, so nothing is added up by it. */
export const singleGpuFigures: readonly Omit<Figure, 'over'>[] = [
  { path: 'usedMem', query: gpu.used },
  { path: 'freeMem', query: gpu.free },
  { path: 'memUtilization', query: memoryShare },
  { path: 'cudaUtilization', query: gpu.load },
  { path: 'powerUtilization', query: gpu.power },
  { path: 'temperature', query: gpu.temperature },
]

/** All figures of nodes, in the groups that are asked for in one query each. */
export const figureGroups: readonly (readonly Figure[])[] = [
  [...memoryFigures, ...processorFigures],
  storageFigures,
  traffic('network', `device!~"${inner}"`),
  traffic('network.ifaces', 'device!="lo"'),
  gpuFigures,
]

/**
 * Figures that follow from others, of a node as of all together: reading a series twice costs twice. What is not free for a
 * new workload counts as used, so that both together are the size.
 */
export const derived: readonly { path: string; plus: string; minus?: string; and?: string }[] = [
  { path: 'memory.usedMem', plus: 'memory.size', minus: 'memory.freeMem' },
  { path: 'memory.usedSwap', plus: 'memory.swapSize', minus: 'memory.freeSwap' },
  { path: 'storage.usedMem', plus: 'storage.size', minus: 'storage.freeMem' },
  { path: 'storage.disks.memory.usedMem', plus: 'storage.disks.memory.size', minus: 'storage.disks.memory.freeMem' },
  { path: 'gpu.totalMem', plus: 'gpu.totalUsedMem', and: 'gpu.totalFreeMem' },
]

/** Figures that others follow from, and that are not shown themselves. */
export const hidden: readonly string[] = [
  ...['memory.size', 'memory.swapSize', 'storage.size', 'storage.disks.memory.size'],
]

/** The documentation's other spelling of a figure (spec/errors-and-gaps.md 42): both are given. */
export const aliases: Readonly<Record<string, string>> = {
  'vcpu.load1m': 'vcpu.load_1m',
  'vcpu.load5m': 'vcpu.load_5m',
  'vcpu.load15m': 'vcpu.load_15m',
}
