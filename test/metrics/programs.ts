import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Debian's packages and the programs in them that the suite runs. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'victoria-metrics': ['victoria-metrics', 'vmalert'],
  'prometheus-node-exporter': ['prometheus-node-exporter'],
}

export type Programs = Readonly<Record<'victoria-metrics' | 'vmalert' | 'prometheus-node-exporter', string>>

/**
 * The programs: installed ones, else Debian's packages unpacked into a cache folder. They are never installed, so no service
 * of theirs starts.
 * @returns why there are none, where there are none
 */
export function findPrograms(): Programs | { missing: string } {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gridgate-metrics')
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(cache, 'usr', 'bin')]
  const locate = (name: string): string | undefined =>
    folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
  const lacking = Object.keys(packages).filter((name) => !packages[name]?.every(locate))
  if (lacking.length > 0) {
    const failure = unpack(lacking, cache)
    if (failure !== null) return { missing: failure }
  }
  const names = Object.values(packages).flat()
  return Object.fromEntries(names.map((name) => [name, locate(name) ?? ''])) as Programs
}

/** @throws where there are none */
export function requirePrograms(): Programs {
  const found = findPrograms()
  if ('missing' in found) throw new Error(found.missing as string)
  return found
}

function unpack(names: readonly string[], cache: string): string | null {
  mkdirSync(cache, { recursive: true })
  const run = (program: string, args: readonly string[]): void => {
    execFileSync(program, args, { cwd: cache, stdio: 'ignore', timeout: 120_000 })
  }
  try {
    try {
      run('apt-get', ['download', ...names])
    } catch {
      // A fresh machine has no lists of packages yet.
      run('apt-get', ['update'])
      run('apt-get', ['download', ...names])
    }
    for (const file of readdirSync(cache).filter((name) => name.endsWith('.deb')))
      run('dpkg-deb', ['--extract', file, '.'])
    return null
  } catch {
    return `the packages ${names.join(' and ')} are neither installed nor to be had from apt-get`
  }
}
