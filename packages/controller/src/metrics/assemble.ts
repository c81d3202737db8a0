import type { JsonObject } from '@gridgate/core/json'
import type { MetricsDatabase, Sample, TimeRange } from './database.ts'
import { aliases, derived, hidden } from './figures.ts'

/** A document under way: figures by their paths, and GPUs by their number. */
export interface Assembly {
  figures: Map<string, number>
  gpus: Map<number, JsonObject>
}

export const emptyAssembly = (): Assembly => ({ figures: new Map(), gpus: new Map() })

/** Takes a figure. What is no number is not known. */
export function addFigure({ figures }: Assembly, { labels, value }: Sample): void {
  if (labels.key !== undefined && Number.isFinite(value)) figures.set(labels.key, value)
}

/** Takes a figure of one GPU, beside the others of it. */
export function addGpuFigure(assembly: Assembly, { labels, value }: Sample): void {
  const { key, gpu = '' } = labels
  if (key === undefined || !/^\d{1,4}$/.test(gpu) || !Number.isFinite(value)) return
  const id = Number(gpu)
  const found = assembly.gpus.get(id) ?? { gpu_id: id }
  found[key] = value
  assembly.gpus.set(id, found)
}

/** The GPUs in the order of their numbers. */
export const gpusOf = ({ gpus }: Assembly): JsonObject[] =>
  [...gpus]
    .sort(([a], [b]) => a - b)
    .map(([, gpu]) => ({
      ...gpu,
      ...(isNumber(gpu.usedMem) && isNumber(gpu.freeMem) ? { totalMem: gpu.usedMem + gpu.freeMem } : {}),
    }))

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** One question of a document: its figures' query, and how its answers are put in. */
export interface Part {
  query: string
  add: (assembly: Assembly, sample: Sample) => void
}

/** A document at each step of a time, the oldest first. */
export async function assembleHistory(
  database: MetricsDatabase,
  range: TimeRange,
  parts: readonly Part[],
): Promise<JsonObject[]> {
  const moments = new Map<number, Assembly>()
  const at = (moment: number): Assembly => {
    const found = moments.get(moment) ?? emptyAssembly()
    moments.set(moment, found)
    return found
  }
  const answers = await Promise.all(parts.map(({ query }) => database.over(query, range)))
  for (const [index, { add }] of parts.entries())
    for (const { labels, points } of answers[index] ?? [])
      for (const [moment, value] of points) add(at(moment), { labels, value })
  return [...moments]
    .sort(([a], [b]) => a - b)
    .map(([timestamp, assembly]) => ({
      timestamp,
      ...documentOf(assembly),
      ...(assembly.gpus.size > 0 ? { gpus: gpusOf(assembly) } : {}),
    }))
}

/** The figures as a document, with those that follow from others. */
export function documentOf({ figures }: Assembly): JsonObject {
  const document: JsonObject = {}
  for (const [path, value] of figures) {
    if (hidden.includes(path)) continue
    put(document, path, value)
    const alias = aliases[path]
    if (alias !== undefined) put(document, alias, value)
  }
  for (const { path, plus, minus, and } of derived) {
    const [first, second] = [figures.get(plus), figures.get(minus ?? and ?? '')]
    if (first === undefined || second === undefined) continue
    put(document, path, first + (minus === undefined ? second : -second))
  }
  return document
}

function put(document: JsonObject, path: string, value: number): void {
  const steps = path.split('.')
  const last = steps.pop() as string
  let at = document
  for (const step of steps) {
    at[step] ??= {}
    at = at[step] as JsonObject
  }
  at[last] = value
}
