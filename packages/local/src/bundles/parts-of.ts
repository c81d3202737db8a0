import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EndpointRow } from '@gridgate/http/manifest-row'

const root = join(import.meta.dirname, '../../../..')

/** The file with one exported maker for each part, whose `From<…>` says which others it asks for. */
export const makersFile = join(root, 'packages/runtime/src/makers.ts')
const edgeFile = join(root, 'packages/http/src/endpoint.ts')

/** What each maker asks for in turn. The compiler holds makers to what is read here. */
const asked: ReadonlyMap<string, readonly string[]> = new Map(
  [...readFileSync(makersFile, 'utf8').matchAll(/^export const (\w+) = \((?:[^)]*?From<([^>]*)>)?/gm)].map(
    ([, name = '', union = '']) => [name, namesIn(union)],
  ),
)

/** Every part that can be made: the ports, and what they are made of. */
export const allParts: readonly string[] = [...asked.keys()]

/** The parts that ports lead to, themselves included, in alphabetical order. */
export function partsOf(ports: readonly string[]): string[] {
  const found = new Set<string>()
  const visit = (name: string): void => {
    if (found.has(name) || name === 'config') return
    const needs = asked.get(name)
    if (needs === undefined) throw new Error(`${name} is no part that can be made`)
    found.add(name)
    for (const need of needs) visit(need)
  }
  for (const port of ports) visit(port)
  return [...found].sort()
}

/** The ports that the edge of an endpoint itself uses; of some only those who identify callers, or keep answers, make use. */
export function edgePorts({ access, method, aliases }: Pick<EndpointRow, 'access' | 'method' | 'aliases'>): string[] {
  const onlyReads = method === 'GET' && aliases.every((alias) => alias.startsWith('GET '))
  const unused = new Set([
    ...(access === 'anyone' ? ['authenticator', 'idempotency'] : []),
    ...(onlyReads ? ['idempotency'] : []),
  ])
  return [...edge].filter((port) => !unused.has(port))
}

const edge = namesIn(/^export type EdgePorts = Needs<([^>]*)>/m.exec(readFileSync(edgeFile, 'utf8'))?.[1] ?? '')

function namesIn(union: string): string[] {
  return [...union.matchAll(/'(\w+)'/g)].map(([, name = '']) => name)
}
