import { join, relative } from 'node:path'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { createApiKey } from '@gridgate/core/auth/api-key'
import type { Ports } from '@gridgate/core/ports'
import { functionName } from '@gridgate/http/manifest-row'
import { bundles } from '@gridgate/local/bundles/bundle-list'
import { functionsFolder, programFile, repository } from '@gridgate/local/bundles/write-file'
import { deploy } from '@gridgate/local/cloud/deploy'
import { functionRows } from '@gridgate/local/cloud/function-rows'
import { localKmsKey, startCloud } from '@gridgate/local/cloud/start-cloud'
import { compose } from '@gridgate/runtime/compose'
import { type Config, readConfig } from '@gridgate/runtime/config'
import { temporaryFolder } from '../e2e/product.ts'

/** The built functions on the Lambda host, in the embedded cloud. */
export interface HostedFunctions {
  /** The same parts as theirs, to look and to prepare. */
  ports: Ports
  /** A key of a network admin. */
  key: string
  /** Runs a function by its name in the manifest: `clusters/read`, `internal/close-task`. Fails where it fails. */
  invoke(name: string, event: unknown): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

const region = 'eu-west-1'
const accountId = '000000000000'
const prefix = 'gridgate-'

/** Hosts the functions of a build. @param settings of their environment, beside the usual */
export async function hostFunctions(
  dist: string,
  settings: Partial<Record<keyof Config, string>> = {},
): Promise<HostedFunctions> {
  const folder = temporaryFolder()
  const given = {
    GRIDGATE_ACCOUNT: accountId,
    GRIDGATE_LOG_LEVEL: 'ERROR',
    GRIDGATE_KMS_KEY: localKmsKey({ region, accountId }),
    ...settings,
  }
  const built = new Map(bundles.map(({ name, module }) => [module, join(dist, functionsFolder, name, programFile)]))
  const cloud = await startCloud({
    file: (name) => join(folder.path, name),
    port: 0,
    ...{ region, accountId, prefix, table: 'gridgate' },
    functions: async (environment) => {
      const rows = await functionRows(prefix, { ...environment, ...given }, true)
      const common = {
        handler: 'handler',
        timeoutSeconds: 30,
        memoryMb: 256,
        environment: { ...environment, ...given },
      }
      const module = join(repository, 'functions/system/not-found.ts')
      return [...rows, { ...common, name: functionName(prefix, 'system/not-found'), module }]
    },
    load: async (module) => {
      const file = built.get(relative(repository, module))
      if (file === undefined) throw new Error(`the build has no ${module}`)
      return file
    },
    log: () => {},
  })
  const config = readConfig({ ...process.env, ...given })
  await deploy({ table: config.GRIDGATE_TABLE, prefix, region, accountId }, null)
  const lambda = new LambdaClient({})
  const ports = compose(config, { log: { info() {}, warn() {}, error() {} } })
  const { key } = await createApiKey(ports, { name: 'test', role: 'network-admin', clusters: '*', expiresAt: null })
  return {
    ports,
    key,
    async invoke(name, event) {
      const FunctionName = functionName(prefix, name)
      const reply = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }))
      const text = Buffer.from(reply.Payload ?? []).toString()
      if (reply.FunctionError !== undefined) throw new Error(`${name} failed: ${text}`)
      return JSON.parse(text) as Record<string, unknown>
    },
    async stop() {
      lambda.destroy()
      await cloud.stop()
      folder.remove()
    },
  }
}
