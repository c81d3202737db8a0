import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { alive, eventually, processesOf, temporaryFolder } from '../e2e/product.ts'
import { startReaper } from './reaper.ts'

/** What is left alone ends by itself after so long, in seconds. */
const secondsMax = 60

let folder: ReturnType<typeof temporaryFolder>
const started: ChildProcess[] = []
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => {
  for (const { pid } of started.splice(0))
    if (pid !== undefined && alive([pid]).length > 0) process.kill(pid, 'SIGKILL')
  folder.remove()
})

/** In a group of its own; the word stands in its command line. */
function start(word: string): number {
  const child = spawn('sh', ['-c', `sleep ${secondsMax}; :`, word], { stdio: 'ignore', detached: true })
  started.push(child)
  return child.pid ?? 0
}

/** A program that starts a reaper and is there until it is killed. */
async function startParent(leader: number): Promise<ChildProcess> {
  const module = pathToFileURL(join(import.meta.dirname, 'reaper.ts')).href
  const program = `const { startReaper } = await import(process.env.MODULE)
startReaper(${leader}, process.env.FOLDER)
process.stdout.write('started')
setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, MODULE: module, FOLDER: folder.path },
  })
  started.push(child)
  await once(child.stdout, 'data')
  return child
}

/** Those of the group and of the folder are gone, the bystander and nothing of the folder is there. */
async function expectReaped(gone: number[], bystander: number): Promise<void> {
  expect(await eventually(() => alive(gone).length === 0 && !existsSync(folder.path))).toBe(true)
  expect(alive([bystander])).toEqual([bystander])
}

it('ends the group and what names the folder, and nothing else, and is not among them itself', async () => {
  const [leader, database, bystander] = [start('leader'), start(join(folder.path, 'database')), start('bystander')]
  const reaper = startReaper(leader, folder.path)
  started.push(reaper.child)
  expect(processesOf(folder.path).map(({ pid }) => pid)).toEqual([database])
  expect(alive([leader, database, bystander])).toHaveLength(3)
  await reaper.reap()
  await expectReaped([leader, database], bystander)
})

it('does so too when its parent is killed', async () => {
  const [leader, database, bystander] = [start('leader'), start(join(folder.path, 'database')), start('bystander')]
  const parent = await startParent(leader)
  expect(alive([leader, database, bystander])).toHaveLength(3)
  parent.kill('SIGKILL')
  await expectReaped([leader, database], bystander)
})
