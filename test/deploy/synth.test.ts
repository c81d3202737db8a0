import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readGraph, root } from './graph.ts'
import { summarise, summariseRights, summariseStateful } from './summary.ts'

const prod = readGraph('prod')
const golden = (name: string): string => join(import.meta.dirname, 'golden', name)
const bytesOf = (name: string): string => readFileSync(join(root, `.sst/synth/${name}.json`), 'utf8')

describe('the graph of resources', () => {
  it('is the same, byte for byte, whenever it is made', () => {
    expect(bytesOf('prod-again')).toBe(bytesOf('prod'))
  })

  it('is the one that was reviewed', async () => {
    await expect(summarise(prod)).toMatchFileSnapshot(golden('resources.txt'))
  })

  it('grants each role what was reviewed, and nothing else', async () => {
    await expect(summariseRights(prod)).toMatchFileSnapshot(golden('rights.txt'))
  })

  it('keeps the names and keys of what holds data', async () => {
    const text = `${JSON.stringify(summariseStateful(prod), null, 2)}\n`
    await expect(text).toMatchFileSnapshot(golden('stateful.json'))
  })

  it('keeps what holds data in production, and lets go of it elsewhere', () => {
    const kept = (name: string): string[] =>
      readGraph(name)
        .resources.filter(({ protect, retainOnDelete }) => protect && retainOnDelete)
        .map((resource) => resource.name)
    expect(kept('prod')).toEqual(['Table', 'Key'])
    expect(kept('dev')).toEqual([])
  })
})
