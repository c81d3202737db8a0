import { readFileSync } from 'node:fs'
import type { Log } from '@gridgate/core/ports'
import type { ControllerRole } from './apps.ts'
import { secretIdentityStore } from './identity/identity-store.ts'
import { openMetricsDatabase } from './metrics/database.ts'
import { podClient } from './pod-client.ts'
import { inClusterApiServer, readSettings } from './settings.ts'
import { startController } from './start-controller.ts'
import { version } from './version.ts'

const roles: readonly string[] = ['controller', 'metrics-reader', 'policy-executor'] satisfies (
  | ControllerRole
  | 'policy-executor'
)[]

/** One JSON line an event on standard output, which the cluster collects. */
const line =
  (level: string) =>
  (event: string, fields: Record<string, unknown> = {}): void => {
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...fields })}\n`)
  }
const log: Log = { info: line('info'), warn: line('warn'), error: line('error') }

const role = process.argv[2] ?? ''
if (!roles.includes(role)) {
  process.stderr.write(`usage: gridgate-controller ${roles.join(' | ')}\n`)
  process.exit(2)
}

const program = await (role === 'policy-executor' ? runExecutor() : runController(role as ControllerRole))
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void program.stop().then(() => process.exit(0)))

async function runController(role: ControllerRole): Promise<{ stop(): Promise<void> }> {
  const settings = readSettings(process.env)
  const kube = podClient(() => inClusterApiServer(process.env))
  return startController({
    role,
    settings,
    version,
    kube,
    database: openMetricsDatabase(() => settings.metricsDatabaseUrl),
    identityStore: secretIdentityStore(kube, settings.clusterId),
    gatewayKeys: () => readFileSync(settings.gatewayKeysFile, 'utf8'),
    host: '0.0.0.0',
    log,
  })
}

/** Loaded only in this role: the sandbox is large, and a controller has none. */
async function runExecutor(): Promise<{ stop(): Promise<void> }> {
  const { readExecutorSettings } = await import('./executor/executor-settings.ts')
  const { startExecutor } = await import('./executor/start-executor.ts')
  const settings = readExecutorSettings(process.env)
  return startExecutor({
    settings,
    gatewayKeys: () => readFileSync(settings.gatewayKeysFile, 'utf8'),
    host: '0.0.0.0',
    log,
  })
}
