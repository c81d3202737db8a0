import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { functionPolicies } from '@gridgate/local/cloud/function-policies'
import { openPrincipals } from '@gridgate/local/iam/principals'
import { afterAll, describe, expect, it } from 'vitest'
import { root, temporaryFolder } from '../e2e/product.ts'
import { grantsOf, judge, type Reason, usedBy } from './granted.ts'
import { reasons } from './unused-reasons.ts'

const folder = temporaryFolder()
afterAll(folder.remove)

const functions = [{ name: 'notes-read', ports: ['tasks.read', 'policies.read'] }]
const line = (action: string, resource: string, key: string | null): string =>
  JSON.stringify(['gridgate-notes-read', `dynamodb:${action}`, `arn:aws:dynamodb:eu-west-1:1:${resource}`, key])
const task = line('GetItem', 'table/gridgate', 'TASK#*')
const policy = line('GetItem', 'table/gridgate', 'POLICY#*')
const because = (port: string, key: string, more: Partial<Reason> = {}): Reason => ({
  ...{ port, key, actions: ['dynamodb:GetItem'], reason: 'why' },
  ...more,
})

describe('rights that were never used', () => {
  it.each<[string, string[], Reason[], { unused: number; excused: number; stale: number }]>([
    ['all of them', [], [], { unused: 2, excused: 0, stale: 0 }],
    ['none', [task, policy], [], { unused: 0, excused: 0, stale: 0 }],
    ['one, by its key', [task], [], { unused: 1, excused: 0, stale: 0 }],
    ['one with a reason', [task], [because('policies', 'POLICY#*')], { unused: 1, excused: 1, stale: 0 }],
    ['a reason for a used one', [task, policy], [because('policies', 'POLICY#*')], { unused: 0, excused: 0, stale: 1 }],
    [
      'a reason that holds by chance',
      [task, policy],
      [because('policies', 'POLICY#*', { byChance: true })],
      { unused: 0, excused: 0, stale: 0 },
    ],
    [
      'a chance of what is not granted',
      [task, policy],
      [because('policies', 'KEY#*', { byChance: true })],
      { unused: 0, excused: 0, stale: 1 },
    ],
    ['a reason for another port', [task], [because('tasks', 'POLICY#*')], { unused: 1, excused: 0, stale: 1 }],
    [
      'a reason for what is not granted',
      [task, policy],
      [because('tasks', 'KEY#*')],
      { unused: 0, excused: 0, stale: 1 },
    ],
    [
      'a reason for another function',
      [task],
      [because('policies', 'POLICY#*', { functions: ['notes-write'] })],
      { unused: 1, excused: 0, stale: 2 },
    ],
  ])('are told: %s', (_, lines, given, expected) => {
    const { unused, excused, stale } = judge(grantsOf(functions), new Set(lines.map(usedBy)), given)
    expect({ unused: unused.length, excused: excused.length, stale: stale.length }).toEqual(expected)
  })

  it('have reasons only where a function has the right through that port', () => {
    expect(judge(grantsOf(), new Set(), reasons).stale).toEqual([])
  })

  it.each(['', '{}', '["a"]', '["a","b","c",1]'])('are not read out of %s', (text) => {
    expect(() => usedBy(text)).toThrow()
  })
})

describe('the record of used rights', () => {
  const file = `${folder.path}/used.jsonl`
  const account = { region: 'us-east-1', accountId: '000000000000' }
  const kmsKeyArn = 'arn:aws:kms:us-east-1:000000000000:key/local'
  const place = { ...account, partition: 'aws', table: 'gridgate', prefix: 'gridgate-', kmsKeyArn }
  const owner = { accessKeyId: 'A', secretAccessKey: 's' }
  const { authorize } = openPrincipals({ ...account, owner, policies: functionPolicies(place), usedFile: file })
  const reads = (functionName: string, pk: string): void =>
    authorize(
      { functionName, key: owner },
      {
        ...{ target: 'DynamoDB_20120810.GetItem', path: '/' },
        body: () => ({ TableName: 'gridgate', Key: { pk: { S: pk }, sk: { S: 'X' } } }),
      },
    )

  it('names the pattern, not the row, once, and nothing that was denied', () => {
    for (const pk of ['TASK#secret-1', 'TASK#secret-2']) reads('gridgate-tasks-read', pk)
    expect(() => reads('gridgate-tasks-read', 'POLICY#x')).toThrow('not authorized')
    const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/gridgate'
    const noted = ['gridgate-tasks-read', 'dynamodb:GetItem', table, 'TASK#*']
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(noted)}\n`)
    expect(
      grantsOf().some((grant) => !judge([grant], new Set([usedBy(JSON.stringify(noted))]), []).unused.length),
    ).toBe(true)
  })

  const ask = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['test/rights/unused.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }
  it.each([
    ['help', ['--help'], 0, 'usage: npm run unused-rights'],
    ['what was not used', [file], 1, 'never used'],
    ['the same as JSON', ['--json', file], 1, '"hasReason":false'],
    ['a missing file', [`${folder.path}/none`], 2, ''],
    ['no file', [], 2, ''],
    ['an unknown option', ['--what'], 2, ''],
    ['a folder', [folder.path], 2, ''],
  ])('is read by the command: %s', (_, args, status, text) => {
    const told = ask(...args)
    expect(told.status, told.stderr).toBe(status)
    expect(told.stdout).toContain(text)
  })

  it('is refused where a line is no right', () => {
    const broken = `${folder.path}/broken.jsonl`
    writeFileSync(broken, `${task}\n["half`)
    expect(ask(broken)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('line 2') })
  })
})
