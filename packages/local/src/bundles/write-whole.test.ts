import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeWhole } from './write-whole.ts'

let root: string
let folder: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gridgate-whole-'))
  folder = join(root, 'dist')
  mkdirSync(folder)
  writeFileSync(join(folder, 'file'), 'before')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const fill = async (draft: string): Promise<void> => {
  mkdirSync(draft)
  writeFileSync(join(draft, 'file'), 'after')
}
const content = (): string => readFileSync(join(folder, 'file'), 'utf8')

describe('writeWhole', () => {
  it('puts the new folder in the place of the old one', async () => {
    await writeWhole(folder, fill)
    expect([content(), readdirSync(root)]).toEqual(['after', ['dist']])
  })

  it('leaves the old one, and nothing else, where it fails', async () => {
    const failing = writeWhole(folder, async (draft) => {
      await fill(draft)
      throw new Error('half done')
    })
    await expect(failing).rejects.toThrow('half done')
    expect([content(), readdirSync(root)]).toEqual(['before', ['dist']])
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves the old one, and nothing else, at %s', async (signal) => {
    const script = `
      import { mkdirSync } from 'node:fs'
      import { writeWhole } from ${JSON.stringify(join(import.meta.dirname, 'write-whole.ts'))}
      await writeWhole(process.argv[1], (draft) => {
        mkdirSync(draft)
        setInterval(() => {}, 1000)
        console.log('filling')
        return new Promise(() => {})
      })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder])
    const ended = new Promise((resolve) => child.once('exit', (_, by) => resolve(by)))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect(readdirSync(root)).toHaveLength(2)
    child.kill(signal)
    expect(await ended).toBe(signal)
    expect([content(), readdirSync(root)]).toEqual(['before', ['dist']])
  })

  it('takes away what a process left that is gone, and nothing of one that is there', async () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    const kept = [`dist.${process.ppid}.draft`, 'dist.draft', 'dist.x.draft', 'distant']
    for (const name of [`dist.${pid}.draft`, ...kept]) mkdirSync(join(root, name))
    await writeWhole(folder, fill)
    expect(readdirSync(root).sort()).toEqual(['dist', ...kept].sort())
  })
})
