import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { portName } from '@gridgate/runtime/rights'

const root = join(import.meta.dirname, '../../../..')

/** The file with one exported maker for each part, whose `From<…>` says which others it asks for. */
export const makersFile = join(root, 'packages/runtime/src/makers.ts')

/** What each maker asks for in turn. The compiler holds makers to what is read here. */
const asked: ReadonlyMap<string, readonly string[]> = new Map(
  [...readFileSync(makersFile, 'utf8').matchAll(/^export const (\w+) = \((?:[^)]*?From<([^>]*)>)?/gm)].map(
    ([, name = '', union = '']) => [name, namesIn(union)],
  ),
)

/** Every part that can be made: the ports, and what they are made of. */
export const allParts: readonly string[] = [...asked.keys()]

/** The parts that ports, spelled as in a manifest's row, lead to, themselves included, in alphabetical order. */
export function partsOf(ports: readonly string[]): string[] {
  const found = new Set<string>()
  const visit = (name: string): void => {
    if (found.has(name) || name === 'config') return
    const needs = asked.get(name)
    if (needs === undefined) throw new Error(`${name} is no part that can be made`)
    found.add(name)
    for (const need of needs) visit(need)
  }
  for (const port of ports) visit(portName(port))
  return [...found].sort()
}

function namesIn(union: string): string[] {
  return [...union.matchAll(/'(\w+)'/g)].map(([, name = '']) => name)
}
