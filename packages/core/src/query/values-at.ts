/** Most values that one path may lead to in one document; a path through wide lists of lists ends there. */
const valuesMax = 100_000

/** What a step may be called in a document: the names to try, each with the step that follows it. */
type Names = readonly { name: string; next: number }[]

/**
 * Makes a reader of all values that a dotted path leads to. Lists on the way are walked into, a number also picks an element;
 * a name that holds dots itself is found too (`disks.memory.freeMem` of the metrics documents), and `load_15m` and `load15m` are
 * one name (spec/errors-and-gaps.md 42). Only own properties count.
 * @param visited is told how many values were looked at on the way
 */
export function valuesAt(path: string, visited: (count: number) => void): (document: unknown) => unknown[] {
  const steps = path.split('.')
  const names = steps.map((_, at) => namesFrom(steps, at))
  return (document) => {
    const found: unknown[] = []
    const way: Way = { steps, names, visits: 0 }
    walk(document, way, 0, found)
    visited(way.visits)
    return found
  }
}

function namesFrom(steps: readonly string[], at: number): Names {
  return steps.slice(at).flatMap((_, length) => {
    const next = at + length + 1
    const name = steps.slice(at, next).join('.')
    const other = otherSpelling(name)
    return other === undefined
      ? [{ name, next }]
      : [
          { name, next },
          { name: other, next },
        ]
  })
}

/** The documentation writes `load_15m`, the collectors `load15m`. */
function otherSpelling(name: string): string | undefined {
  const parts = /^(.*load)(_?)(\d{1,2}m)$/.exec(name)
  return parts ? `${parts[1]}${parts[2] === '' ? '_' : ''}${parts[3]}` : undefined
}

interface Way {
  steps: readonly string[]
  names: readonly Names[]
  visits: number
}

function walk(value: unknown, path: Way, at: number, found: unknown[]): void {
  if (found.length >= valuesMax) return
  if (at === path.steps.length) {
    found.push(value)
    return
  }
  if (value === null || typeof value !== 'object') return
  path.visits += Array.isArray(value) ? 1 + value.length : 1
  if (Array.isArray(value)) {
    const step = path.steps[at] as string
    if (/^\d{1,9}$/.test(step) && Number(step) < value.length) walk(value[Number(step)], path, at + 1, found)
    for (const item of value) if (item !== null && typeof item === 'object') walk(item, path, at, found)
    return
  }
  for (const { name, next } of path.names[at] ?? [])
    if (Object.hasOwn(value, name)) walk((value as Record<string, unknown>)[name], path, next, found)
}
