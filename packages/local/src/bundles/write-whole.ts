import { rmSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Fills a folder that appears whole or not at all. An interrupt leaves nothing of it behind; what a process left that had no time
 * for that goes with the next build.
 */
export async function writeWhole(folder: string, fill: (draft: string) => Promise<void>): Promise<void> {
  await removeAbandoned(folder)
  const draft = `${folder}.${process.pid}.draft`
  const giveUp = (signal: NodeJS.Signals): void => {
    rmSync(draft, { recursive: true, force: true })
    for (const each of signals) process.off(each, giveUp)
    process.kill(process.pid, signal)
  }
  for (const each of signals) process.on(each, giveUp)
  try {
    await fill(draft)
    await rm(folder, { recursive: true, force: true })
    await rename(draft, folder)
  } finally {
    for (const each of signals) process.off(each, giveUp)
    await rm(draft, { recursive: true, force: true })
  }
}

/** Drafts of processes that are gone, and of an earlier one with this process's number. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder)).catch(() => [])) {
    if (!name.startsWith(`${basename(folder)}.`)) continue
    const pid = Number(/^\.(\d+)\.draft$/.exec(name.slice(basename(folder).length))?.[1])
    if (pid === process.pid || (pid > 0 && !isAlive(pid)))
      await rm(join(dirname(folder), name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
