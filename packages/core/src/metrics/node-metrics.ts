import { z } from 'zod'

const number = (unit: string): z.ZodOptional<z.ZodNumber> => z.number().optional().describe(unit)
const megabytes = number('MB of 2^20 bytes')
const percent = number('percent')
const load = number('load average')
const count = number('count')
const sinceBoot = number('bytes since boot')
const milliseconds = number('ms since boot')

const traffic = {
  txBytesTotal: sinceBoot,
  rxBytesTotal: sinceBoot,
  txBytes1m: number('bytes in the last minute'),
  txBytes5m: number('bytes in the last 5 minutes'),
  txBytes15m: number('bytes in the last 15 minutes'),
  rxBytes1m: number('bytes in the last minute'),
  rxBytes5m: number('bytes in the last 5 minutes'),
  rxBytes15m: number('bytes in the last 15 minutes'),
}

const Gpu = z.object({
  gpu_id: z.number().int(),
  usedMem: megabytes,
  freeMem: megabytes,
  totalMem: megabytes,
  memUtilization: percent,
  cudaUtilization: percent,
  powerUtilization: number('W'),
  temperature: number('°C'),
})

/** The documented figures (spec/metrics.md §1). A figure that is not known is left out, never zero. */
const figures = {
  memory: z
    .object({
      freeMem: megabytes.describe('MB that a new workload can have'),
      usedMem: megabytes,
      averageUtil: percent,
      usedSwap: megabytes,
      freeSwap: megabytes,
      pageFaultsPerSec: number('page faults per second'),
    })
    .optional(),
  vcpu: z
    .object({
      load1m: load,
      load5m: load,
      load15m: load,
      load_1m: load.describe('the same as load1m'),
      load_5m: load.describe('the same as load5m'),
      load_15m: load.describe('the same as load15m'),
      runningThreads: count,
      totalThreads: count,
      runningProcesses: count,
      totalProcesses: count,
    })
    .optional(),
  storage: z
    .object({
      freeMem: megabytes.describe('MB of the root file system'),
      usedMem: megabytes.describe('MB of the root file system'),
      disks: z
        .object({
          memory: z
            .object({
              freeMem: megabytes,
              usedMem: megabytes,
              maxDisk: megabytes.describe('MB of the largest file system'),
              minDisk: megabytes.describe('MB of the smallest file system'),
            })
            .optional(),
          iops: z
            .object({
              blocksPerSec: number('reads and writes per second'),
              readBytes: sinceBoot,
              writeBytes: sinceBoot,
              total: number('reads and writes since boot'),
              active: milliseconds.describe('ms since boot in which a disk worked'),
              response: milliseconds.describe('ms since boot that reads and writes took'),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
  network: z
    .object({
      ...traffic,
      ifaces: z.object(traffic).optional().describe('all interfaces but loopback, also the inner ones'),
    })
    .optional()
    .describe('the interfaces that lead out of the node'),
  gpu: z
    .object({
      totalUsedMem: megabytes,
      totalFreeMem: megabytes,
      totalMem: megabytes,
      avgMemUtilization: percent,
      avgCudaUtilization: percent,
      avgPowerUtilization: number('W'),
      avgTemperature: number('°C'),
      count,
    })
    .optional()
    .describe('only where there are GPUs'),
}

/** A node's figures. */
export const NodeMetrics = z.object({
  ...figures,
  gpus: z.array(Gpu).describe('empty without GPUs'),
  id: z.string(),
  timestamp: z.number().describe('unix seconds of the last sample'),
  stale: z.boolean().describe('no sample for three intervals; such a node is in no total'),
})
export type NodeMetrics = z.infer<typeof NodeMetrics>

/** A node as the metrics service has always stored it (spec/metrics.md §2). */
export const NodeDocument = z.object({
  nodeId: z.string(),
  clusterId: z.string(),
  type: z.literal('hardware'),
  timestamp: z.number(),
  stale: z.boolean(),
  metrics: z.object({ resource: z.object({ node: NodeMetrics }) }),
})
export type NodeDocument = z.infer<typeof NodeDocument>

/** The figures of all of a cluster's nodes that report: sums; means of loads, shares and temperatures; the largest and smallest disk. */
export const ClusterMetrics = z.object({
  ...figures,
  nodes: z.object({ reporting: z.number(), stale: z.number() }),
  timestamp: z.number().nullable().describe('unix seconds of the newest sample'),
})
export type ClusterMetrics = z.infer<typeof ClusterMetrics>
