/** Most values that one path may lead to in one document; a path through wide lists of lists ends there. */
const valuesMax = 100_000

/**
 * All values that a dotted path leads to. Lists on the way are walked into, a number also picks an element; a name that holds
 * dots itself is found too (`disks.memory.freeMem` of the metrics documents), and `load_15m` and `load15m` are one name
 * (spec/errors-and-gaps.md 42). Only own properties count.
 */
export function valuesAt(document: unknown, path: string): unknown[] {
  const found: unknown[] = []
  walk(document, path.split('.'), 0, found)
  return found
}

function walk(value: unknown, steps: readonly string[], at: number, found: unknown[]): void {
  if (found.length >= valuesMax) return
  if (at === steps.length) {
    found.push(value)
    return
  }
  if (value === null || typeof value !== 'object') return
  if (Array.isArray(value)) {
    const step = steps[at] as string
    if (/^\d{1,9}$/.test(step) && Number(step) < value.length) walk(value[Number(step)], steps, at + 1, found)
    for (const item of value) if (item !== null && typeof item === 'object') walk(item, steps, at, found)
    return
  }
  for (let end = at + 1; end <= steps.length; end++) {
    const name = ownName(value, steps.slice(at, end).join('.'))
    if (name !== undefined) walk((value as Record<string, unknown>)[name], steps, end, found)
  }
}

/** The property that a name means: itself, or its other spelling. */
function ownName(value: object, name: string): string | undefined {
  if (Object.hasOwn(value, name)) return name
  const other = otherSpelling(name)
  return other !== undefined && Object.hasOwn(value, other) ? other : undefined
}

/** The documentation writes `load_15m`, the collectors `load15m`. */
function otherSpelling(name: string): string | undefined {
  const parts = /^(.*load)(_?)(\d{1,2}m)$/.exec(name)
  return parts ? `${parts[1]}${parts[2] === '' ? '_' : ''}${parts[3]}` : undefined
}
