import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { places } from '../places.ts'
import { childCommand } from './child-command.ts'

const settings = {
  snapshotFile: '/absent.snapshot',
  snapshotOffset: 512,
  pyodideFolder: places.pyodide,
  pythonHeapMbMax: 128,
  interpretersMax: 4,
  processMbMax: 450,
  spare: true,
}

describe('the command of a sandbox process', () => {
  it('may read its own code and libraries, and nothing else of the host', () => {
    const command = childCommand(settings, null)
    const readable = command.flatMap((word) => /^--allow-fs-read=(.*)/.exec(word)?.[1] ?? [])
    expect(readable).toContain('/absent.snapshot')
    expect(
      readable.every((shown) => /sandbox|isolated-vm|node-gyp-build|pyodide|absent|alpine-release/.test(shown)),
    ).toBe(true)
    expect(command.filter((word) => /^--allow-(fs-write|child-process|worker|wasi)/.test(word))).toEqual([])
  })

  it.each([
    { what: 'a file of the host', code: `require('node:fs').readFileSync('/etc/passwd')` },
    { what: 'a write', code: `require('node:fs').writeFileSync('/tmp/gridgate-left', '')` },
    { what: 'a child process', code: `require('node:child_process').execFileSync('/bin/true')` },
    { what: 'a worker', code: `new (require('node:worker_threads').Worker)('1', { eval: true })` },
  ])('is refused $what by Node itself, should policy code ever get that far', async ({ code }) => {
    const command = childCommand(settings, null)
    const [node, ...flags] = command.slice(0, -2)
    const run = promisify(execFile)(node ?? '', [...flags, '-e', code], { env: {} })
    await expect(run).rejects.toMatchObject({ stderr: expect.stringContaining('ERR_ACCESS_DENIED') })
  })
})
