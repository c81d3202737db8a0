import { spawnSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'

const script = join(import.meta.dirname, 'install/install.sh')

/** Where LocalStack and what it needs is kept. */
export const installation = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gridgate-localstack')

/** Why LocalStack cannot run on this machine, in a line, or null where it can. */
export function whyNot(): string | null {
  const { status, stderr } = spawnSync('sh', [script, '--look'], { encoding: 'utf8' })
  return status === 0 ? null : stderr.trim() || 'it cannot be looked for'
}

/** Installs LocalStack unless it is there. @throws {Error} when that fails; the reason is on standard error */
export function install(): void {
  const { status } = spawnSync('sh', [script], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`LocalStack could not be installed: install.sh ended with ${status}`)
}
