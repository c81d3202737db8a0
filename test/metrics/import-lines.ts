import type { NodeSamples } from '@gridgate/local/metrics/answer-query'

const MiB = 2 ** 20
/** Samples before the last one: enough for the counts of 15 minutes. */
const samplesBefore = 32
const intervalSeconds = 30

interface Line {
  name: string
  labels?: Record<string, string>
  value: number
  /** What a counter grows by in a second. */
  perSecond?: number
}

/**
 * What node-exporter and dcgm-exporter would have said of a node with these figures, as vmagent stores it: one sample each
 * half minute up to the node's last, counters growing evenly. One line of JSON for each series (`/api/v1/import`).
 */
export function importLines(clusterId: string, node: NodeSamples): string {
  const backs = Array.from({ length: samplesBefore + 1 }, (_, index) => (samplesBefore - index) * intervalSeconds)
  const timestamps = backs.map((seconds) => (node.at - seconds) * 1000)
  return [...nodeLines(node.figures), ...gpuLines(node.gpus)]
    .map(({ name, labels, value, perSecond = 0 }) => {
      const whose = { cluster_id: clusterId, node_id: node.id, instance: `${node.id}:19100` }
      const values = backs.map((seconds) => value - perSecond * seconds)
      return `${JSON.stringify({ metric: { __name__: name, ...labels, ...whose }, values, timestamps })}\n`
    })
    .join('')
}

function nodeLines(figures: NodeSamples['figures']): Line[] {
  const of = (path: string): number => figures[path] ?? 0
  const memory = (name: string, megabytes: number): Line => ({
    name: `node_memory_${name}_bytes`,
    value: megabytes * MiB,
  })
  return [
    memory('MemAvailable', of('memory.freeMem')),
    memory('MemTotal', of('memory.freeMem') + of('memory.usedMem')),
    memory('SwapFree', of('memory.freeSwap')),
    memory('SwapTotal', of('memory.freeSwap') + of('memory.usedSwap')),
    { name: 'node_vmstat_pgfault', value: 1e9, perSecond: of('memory.pageFaultsPerSec') },
    ...[1, 5, 15].map((minutes) => ({ name: `node_load${minutes}`, value: of(`vcpu.load${minutes}m`) })),
    { name: 'node_procs_running', value: of('vcpu.runningThreads') },
    { name: 'node_processes_threads', value: of('vcpu.totalThreads') },
    { name: 'node_processes_pids', value: of('vcpu.totalProcesses') },
    // Left out by the exporter where it is zero.
    ...(of('vcpu.runningProcesses') > 0
      ? [{ name: 'node_processes_state', labels: { state: 'R' }, value: of('vcpu.runningProcesses') }]
      : []),
    ...fileSystemLines(of),
    ...diskLines(of),
    ...networkLines(of),
  ]
}

function fileSystemLines(of: (path: string) => number): Line[] {
  const disks = 'storage.disks.memory'
  const size = of('storage.freeMem') + of('storage.usedMem')
  const others = of(`${disks}.freeMem`) + of(`${disks}.usedMem`) - size
  const one = (device: string, mountpoint: string, fstype: string, sizeMb: number, availMb: number): Line[] => [
    { name: 'node_filesystem_size_bytes', labels: { device, mountpoint, fstype }, value: sizeMb * MiB },
    { name: 'node_filesystem_avail_bytes', labels: { device, mountpoint, fstype }, value: availMb * MiB },
  ]
  return [
    ...one('/dev/sda1', '/', 'ext4', size, of('storage.freeMem')),
    ...one('/dev/sdb1', '/data', 'xfs', others, of(`${disks}.freeMem`) - of('storage.freeMem')),
    // The same disk at a second place, and what is none.
    ...one('/dev/sdb1', '/var/lib/kubelet', 'xfs', others, of(`${disks}.freeMem`) - of('storage.freeMem')),
    ...one('tmpfs', '/run', 'tmpfs', 1, 1),
  ]
}

function diskLines(of: (path: string) => number): Line[] {
  const iops = 'storage.disks.iops'
  const one = (name: string, value: number, perSecond = 0): Line[] => [
    { name: `node_disk_${name}_total`, labels: { device: 'sda' }, value: value / 2, perSecond: perSecond / 2 },
    { name: `node_disk_${name}_total`, labels: { device: 'nvme0n1' }, value: value / 2, perSecond: perSecond / 2 },
    // Made of the others.
    { name: `node_disk_${name}_total`, labels: { device: 'dm-0' }, value: 7e9, perSecond: 1000 },
  ]
  return [
    ...one('reads_completed', of(`${iops}.total`) / 3, of(`${iops}.blocksPerSec`) / 4),
    ...one('writes_completed', (of(`${iops}.total`) * 2) / 3, (of(`${iops}.blocksPerSec`) * 3) / 4),
    ...one('read_bytes', of(`${iops}.readBytes`)),
    ...one('written_bytes', of(`${iops}.writeBytes`)),
    ...one('io_time_seconds', of(`${iops}.active`) / 1000),
    ...one('read_time_seconds', of(`${iops}.response`) / 3000),
    ...one('write_time_seconds', (of(`${iops}.response`) * 2) / 3000),
  ]
}

function networkLines(of: (path: string) => number): Line[] {
  return (['rx', 'tx'] as const).flatMap((way): Line[] => {
    const name = `node_network_${way === 'rx' ? 'receive' : 'transmit'}_bytes_total`
    const uplink = of(`network.${way}BytesTotal`)
    return [
      { name, labels: { device: 'eth0' }, value: uplink, perSecond: of(`network.${way}Bytes1m`) / 60 },
      { name, labels: { device: 'cni0' }, value: of(`network.ifaces.${way}BytesTotal`) - uplink },
      { name, labels: { device: 'lo' }, value: 5e9, perSecond: 500 },
    ]
  })
}

/** As dcgm-exporter labels them; a GPU that two pods share is there twice. */
function gpuLines(gpus: NodeSamples['gpus']): Line[] {
  return gpus.flatMap((gpu, index) =>
    ['pod-a', 'pod-b'].flatMap((pod): Line[] => {
      const labels = { gpu: String(index), UUID: `GPU-${index}`, device: `nvidia${index}`, modelName: 'NVIDIA L4', pod }
      const one = (name: string, value = 0): Line => ({ name: `DCGM_FI_DEV_${name}`, labels, value })
      return [
        one('FB_USED', gpu.usedMem),
        one('FB_FREE', gpu.freeMem),
        one('GPU_UTIL', gpu.cudaUtilization),
        one('POWER_USAGE', gpu.powerUtilization),
        one('GPU_TEMP', gpu.temperature),
      ]
    }),
  )
}
