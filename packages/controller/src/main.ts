import { inClusterApiServer, readSettings } from './settings.ts'
import { type ControllerRole, startController } from './start-controller.ts'

const roles: readonly string[] = ['controller', 'metrics-reader'] satisfies ControllerRole[]

const log = (event: string, fields: Record<string, unknown>): void => {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...fields })}\n`)
}

const role = process.argv[2] ?? ''
if (!roles.includes(role)) {
  process.stderr.write(`usage: gridgate-controller ${roles.join(' | ')}\n`)
  process.exit(2)
}

const controller = await startController({
  role: role as ControllerRole,
  settings: readSettings(process.env),
  apiServer: () => inClusterApiServer(process.env),
  host: '0.0.0.0',
  log,
})
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void controller.stop().then(() => process.exit(0)))
