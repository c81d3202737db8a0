import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { alive, eventually, processesOf, temporaryFolder } from '../e2e/product.ts'
import { startReaper } from './reaper.ts'

/** What is left alone must be ended by the test, in seconds. */
const secondsMax = 60

const folder = temporaryFolder()
const started: ChildProcess[] = []
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

it('ends the group and what names the folder, and nothing else, and is not among them itself', async () => {
  const [leader, database, bystander] = [start('leader'), start(join(folder.path, 'database')), start('bystander')]
  const reaper = startReaper(leader, folder.path)
  started.push(reaper.child)
  expect(processesOf(folder.path).map(({ pid }) => pid)).toEqual([database])
  expect(alive([leader, database, bystander])).toHaveLength(3)
  await reaper.reap()
  expect(await eventually(() => alive([leader, database]).length === 0)).toBe(true)
  expect(alive([bystander])).toEqual([bystander])
  expect(existsSync(folder.path)).toBe(false)
})
