import type { ClusterNode } from '@gridgate/core/cluster/cluster-node'
import { type KubernetesObject, member, parsedJson } from './object.ts'
import { parseQuantity } from './quantity.ts'

/** What `gpu_info.sh` writes on a node (spec/onboarding.md §2). */
const annotation = 'gpu.aios/info'
const resource = 'nvidia.com/gpu'
/** Labels of NVIDIA's GPU feature discovery; memory in MB of one GPU. */
const productLabel = 'nvidia.com/gpu.product'
const memoryLabel = 'nvidia.com/gpu.memory'

/** Most GPUs that one node is believed to have. */
const gpusMax = 64

type Gpu = { modelName?: string; memory?: number }

/**
 * The GPUs of a node: as the annotation says, else as device plugin and feature discovery say. Each thing that cannot be
 * believed is ignored with a note.
 */
export function gpusOf(node: KubernetesObject, notes: string[]): NonNullable<ClusterNode['gpus']> {
  const gpus = annotated(node, notes) ?? discovered(node, notes)
  const modelNames = [...new Set(gpus.flatMap(({ modelName }) => modelName ?? []))]
  const memory = gpus.reduce((sum, gpu) => sum + (gpu.memory ?? 0), 0)
  return { count: gpus.length, memory, gpus, modelNames, features: [] }
}

function annotated(node: KubernetesObject, notes: string[]): Gpu[] | null {
  const text = node.metadata.annotations?.[annotation]
  if (text === undefined) return null
  const list = parsedJson(text)
  const gpus = Array.isArray(list) && list.length <= gpusMax ? list.map(gpuOf) : [null]
  if (gpus.every((gpu) => gpu !== null)) return gpus
  notes.push(`annotation ${annotation} is not a list of at most ${gpusMax} {modelName, memory}, so it is ignored`)
  return null
}

function gpuOf(value: unknown): Gpu | null {
  const modelName = member(value, 'modelName')
  const memory = member(value, 'memory')
  if (typeof modelName !== 'string' || modelName === '' || modelName.length > 256) return null
  return typeof memory === 'number' && memory >= 0 && memory < 1e9 ? { modelName, memory } : null
}

function discovered(node: KubernetesObject, notes: string[]): Gpu[] {
  const quantity = member(node, 'status', 'capacity', resource)
  if (quantity === undefined) return []
  const count = parseQuantity(quantity) ?? -1
  if (!Number.isInteger(count) || count < 0 || count > gpusMax) {
    notes.push(`capacity ${resource} is not a whole number up to ${gpusMax}, so it is ignored`)
    return []
  }
  const modelName = node.metadata.labels?.[productLabel]
  const memory = Number(node.metadata.labels?.[memoryLabel])
  const gpu = {
    ...(modelName === undefined ? {} : { modelName }),
    ...(Number.isInteger(memory) && memory > 0 && memory < 1e9 ? { memory } : {}),
  }
  return Array.from({ length: count }, () => ({ ...gpu }))
}
