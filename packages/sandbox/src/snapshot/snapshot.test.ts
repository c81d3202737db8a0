import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { admit, policyWith, requestOf } from '../../test/policy-source.ts'
import { openPolicySandbox } from '../policy-sandbox.ts'
import { buildSnapshot } from './ensure-snapshot.ts'
import { currentSnapshotKey, isSnapshotOf, snapshotFile, snapshotHeader, snapshotOffset } from './snapshot-file.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'gridgate-snapshot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const key = currentSnapshotKey()

describe('a snapshot file', () => {
  it('is named by the Node ABI, the Pyodide release and what it was made of', () => {
    const name = path.basename(snapshotFile(folder, key))
    expect(name).toBe(`policy-${process.versions.modules}-${key.pyodide}-${key.contents.slice(0, 16)}.snapshot`)
  })

  const whole = Buffer.concat([snapshotHeader(key, 9), Buffer.from('123456789')])
  it.each([
    { what: 'a whole one', bytes: whole, is: true },
    { what: 'one byte less', bytes: whole.subarray(0, -1), is: false },
    { what: 'one byte more', bytes: Buffer.concat([whole, Buffer.from('0')]), is: false },
    { what: 'nothing', bytes: Buffer.alloc(0), is: false },
    { what: 'another Node', bytes: Buffer.concat([snapshotHeader({ ...key, nodeAbi: '0' }, 1), whole]), is: false },
    {
      what: 'other contents',
      bytes: Buffer.concat([snapshotHeader({ ...key, contents: '' }, 9), whole.subarray(snapshotOffset)]),
      is: false,
    },
  ])('with $what: $is', ({ bytes, is }) => {
    const file = path.join(folder, 'probe')
    writeFileSync(file, bytes)
    expect(isSnapshotOf(key, file)).toBe(is)
  })

  it('that is not there is none', () => {
    expect(isSnapshotOf(key, path.join(folder, 'absent'))).toBe(false)
  })
})

describe('buildSnapshot', () => {
  it('replaces a file that was cut, harmlessly by two builders at once, and then finds it', async () => {
    const target = path.join(folder, 'new')
    const file = snapshotFile(target, key)
    mkdirSync(target)
    writeFileSync(file, snapshotHeader(key, 9))
    const built = await Promise.all([buildSnapshot(target), buildSnapshot(target)])
    expect(built).toEqual([
      { file, built: true },
      { file, built: true },
    ])
    expect(readdirSync(target)).toEqual([path.basename(file)])

    const before = statSync(file).mtimeMs
    const sandbox = openPolicySandbox({ snapshotFolder: target, interpretersMax: 1 })
    expect(await sandbox.evaluate(requestOf(policyWith(admit)))).toMatchObject({ ok: true })
    await sandbox.close()
    expect(statSync(file).mtimeMs).toBe(before)
  })

  it('that fails leaves the sandbox unavailable, not open', async () => {
    const blocked = path.join(folder, 'blocked')
    writeFileSync(blocked, 'a file where the folder should be')
    const events: string[] = []
    const sandbox = openPolicySandbox({ snapshotFolder: blocked, log: (event) => events.push(event) })
    expect(await sandbox.evaluate(requestOf(policyWith(admit)))).toMatchObject({
      ok: false,
      code: 'policy.unavailable',
    })
    await sandbox.close()
    expect(events).toEqual(['sandbox.start_failed'])
  })
})
