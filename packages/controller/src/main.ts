import { readFileSync } from 'node:fs'
import type { Log } from '@gridgate/core/ports'
import { type KubeClient, openClient } from '@gridgate/kube/client'
import { readKubeconfigFile } from '@gridgate/kube/kubeconfig-file'
import type { ControllerRole } from './apps.ts'
import { fileIdentityStore, type IdentityStore, secretIdentityStore } from './identity/identity-store.ts'
import { openMetricsDatabase } from './metrics/database.ts'
import { type Asked, readOptions, usage } from './options.ts'
import { podClient } from './pod-client.ts'
import { inClusterApiServer, readSettings } from './settings.ts'
import { startController } from './start-controller.ts'
import { version } from './version.ts'

type Run = Extract<Asked, { kind: 'run' }>

/** One JSON line an event on standard output, which the cluster collects. An error is its name and message. */
const line =
  (level: string) =>
  (event: string, fields: Record<string, unknown> = {}): void => {
    const plain = (_: string, value: unknown): unknown =>
      value instanceof Error ? `${value.name}: ${value.message}` : value
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...fields }, plain)}\n`)
  }
const log: Log = { info: line('info'), warn: line('warn'), error: line('error') }

/** A mistake of whoever started it: told in one line, with how it is done. */
function giveUp(reason: string): never {
  process.stderr.write(`gridgate-controller: ${reason}\n\n${usage}`)
  process.exit(2)
}

/** In a pod as its ServiceAccount, with its key pair in the cluster; beside the gateway as the kubeconfig's user, with a file. */
function waysOf({ outside }: Run, clusterId: string): { kube: KubeClient; identityStore: IdentityStore } {
  if (outside === null) {
    const kube = podClient(() => inClusterApiServer(process.env))
    return { kube, identityStore: secretIdentityStore(kube, clusterId) }
  }
  const { kubeconfig } = readKubeconfigFile(outside.kubeconfig, outside.context ?? undefined)
  // The user's own cluster is no caller's choice, so no address is refused.
  const kube = openClient(kubeconfig, { checkAddress: () => undefined })
  return { kube, identityStore: fileIdentityStore(outside.identity ?? `${clusterId}.identity.json`) }
}

/** What runs, whichever role it has. */
interface Program {
  ports: Record<number, number>
  stop(): Promise<void>
}

async function startRole(asked: Run, role: ControllerRole): Promise<Program> {
  const settings = readSettings({ ...process.env, ...asked.given })
  return startController({
    role,
    settings,
    version,
    ...waysOf(asked, settings.clusterId),
    database: openMetricsDatabase(() => settings.metricsDatabaseUrl),
    gatewayKeys: () => readFileSync(settings.gatewayKeysFile, 'utf8'),
    host: asked.host,
    log,
  })
}

/** Loaded only in this role: the sandbox is large, and a controller has none. */
async function startPolicies(asked: Run): Promise<Program> {
  const { readExecutorSettings } = await import('./executor/executor-settings.ts')
  const { startExecutor } = await import('./executor/start-executor.ts')
  const settings = readExecutorSettings({ ...process.env, ...asked.given })
  const gatewayKeys = (): string => readFileSync(settings.gatewayKeysFile, 'utf8')
  return startExecutor({ settings, gatewayKeys, host: asked.host, log })
}

async function run(asked: Run): Promise<void> {
  const { role } = asked
  const program = await (role === 'policy-executor' ? startPolicies(asked) : startRole(asked, role))
  log.info('program.started', { version, role, ports: program.ports })
  const stop = async (signal: string): Promise<void> => {
    log.info('program.stopping', { signal })
    await program.stop()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal))
}

const asked = readOptions(process.argv.slice(2))
if (asked.kind === 'help') process.stdout.write(usage)
else if (asked.kind === 'wrong') giveUp(asked.reason)
else await run(asked).catch((error: Error) => giveUp(error.message))
