import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { policyBundle } from '@gridgate/local/bundles/bundle-list'
import { functionsFolder, programFile } from '@gridgate/local/bundles/write-file'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { admit, policyWith, requestOf } from '../../packages/sandbox/test/policy-source.ts'
import { temporaryFolder } from '../e2e/product.ts'

/** Lambda's limits of what is deployed, in bytes (AWS Lambda Developer Guide, quotas). */
const unzippedBytesMax = 250 * 2 ** 20
const zippedBytesMax = 50 * 2 ** 20

const built = join(inject('dist'), functionsFolder, policyBundle)
let own: ReturnType<typeof temporaryFolder>
let folder: string
beforeEach(() => {
  own = temporaryFolder()
  folder = join(own.path, 'task')
  cpSync(built, folder, { recursive: true })
})
afterEach(() => own.remove())

/** Flags of a process that may read the function's folder and nothing else of the machine. */
const ownFolderOnly = (): string[] => ['--permission', '--allow-child-process', `--allow-fs-read=${folder}`]

/** Asks the function once, in a process of its own. */
function ask(question: unknown, flags: readonly string[]): unknown {
  const script = `
    const { handler } = await import(process.argv[1])
    process.stdout.write(JSON.stringify(await handler(JSON.parse(process.argv[2]))))
    await handler.close()`
  const quiet = ['--disable-warning=ExperimentalWarning', '--disable-warning=SecurityWarning']
  const args = [...flags, ...quiet, '--input-type=module', '-e', script, join(folder, programFile)]
  const options = { env: { TMPDIR: own.path }, cwd: folder, encoding: 'utf8' } as const
  return JSON.parse(execFileSync(process.execPath, [...args, JSON.stringify(question)], options))
}

describe('the function that runs policies', () => {
  it('fits into what Lambda takes', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((file) => statSync(file).isFile())
    const sizes = files.map((file) => statSync(file).size)
    const zipped = files.map((file) => deflateRawSync(readFileSync(file)).length)
    const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0)
    expect(sum(sizes)).toBeLessThan(unzippedBytesMax)
    expect(sum(zipped)).toBeLessThan(zippedBytesMax)
  })

  it('runs a policy with nothing but its own folder', () => {
    const request = requestOf(policyWith(admit), { inputJson: '{"a":1}' })
    expect(ask({ op: 'evaluate', request }, ownFolderOnly())).toMatchObject({
      ok: true,
      allowed: true,
      inputDataJson: '{"a":1}',
    })
  })

  it('makes a snapshot of its own where the one beside it is of another Node', () => {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.snapshot'))) rmSync(join(folder, name))
    const request = requestOf(policyWith(admit))
    expect(ask({ op: 'evaluate', request }, [])).toMatchObject({ ok: true })
    expect(readdirSync(own.path).filter((file) => file.endsWith('.snapshot'))).toHaveLength(1)
  })
})
