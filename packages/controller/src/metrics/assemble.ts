import type { JsonObject } from '@gridgate/core/json'
import type { MetricsDatabase, Sample, TimeRange } from './database.ts'
import { aliases } from './figures.ts'

/** A document under way: figures by their paths, and GPUs by their number. */
export interface Assembly {
  figures: JsonObject
  gpus: Map<number, JsonObject>
}

export const emptyAssembly = (): Assembly => ({ figures: {}, gpus: new Map() })

/** Puts a figure at its path, and where it has another spelling, there too. What is no number is not known. */
export function addFigure(assembly: Assembly, { labels, value }: Sample): void {
  const path = labels.key
  if (path === undefined || !Number.isFinite(value)) return
  put(assembly.figures, path, value)
  const alias = aliases[path]
  if (alias !== undefined) put(assembly.figures, alias, value)
}

/** Puts a figure of one GPU beside the others of it; its number is a name, so it is never part of a sum. */
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
  [...gpus.entries()].sort(([a], [b]) => a - b).map(([, figures]) => figures)

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
  return [...moments].sort(([a], [b]) => a - b).map(([timestamp, assembly]) => ({ timestamp, ...documentOf(assembly) }))
}

/** The figures, and `gpus` only where there are some. */
export function documentOf(assembly: Assembly): JsonObject {
  const gpus = gpusOf(assembly)
  return { ...assembly.figures, ...(gpus.length > 0 ? { gpus } : {}) }
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
