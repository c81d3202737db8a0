import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { keepDeed } from '@gridgate/core/audit/keep-entry'
import { errorStatuses, GridError } from '@gridgate/core/errors'
import { policyActions } from '@gridgate/core/policy/actions'
import type { Ports } from '@gridgate/core/ports'
import { functionName } from '@gridgate/http/manifest-row'
import { deploy } from '@gridgate/local/cloud/deploy'
import { functionRows } from '@gridgate/local/cloud/function-rows'
import { type Cloud, localKmsKey, startCloud } from '@gridgate/local/cloud/start-cloud'
import { gatewayApp } from '@gridgate/local/gateway/serve-gateway'
import { compose } from '@gridgate/runtime/compose'
import { type Config, readConfig } from '@gridgate/runtime/config'
import { temporaryFolder } from '../e2e/product.ts'
import { guard, publish } from '../policy-world.ts'
import { answer, type ScriptedController, scriptedController } from '../scripted-controllers.ts'
import { makeTestKey } from '../signing.ts'
import { type Calling, openCallers } from './callers.ts'
import { fillNetwork, mine } from './network.ts'
import { type Answer, askOf } from './open-network.ts'
import type { Asked } from './requests.ts'
import { emptyTable } from './table-rows.ts'

/** The gateway on the embedded cloud, where each endpoint signs as its own function. */
export interface EmbeddedNetwork {
  /** The owner's, to look and to prepare. */
  ports: Ports
  callers(): Calling[]
  ask(caller: Calling, asked: Asked, headers?: Record<string, string>): Promise<Answer>
  empty(): Promise<void>
  /** Empties the table and fills it with a new network. */
  renew(): Promise<void>
  /** Failures that nobody listed: a right that is missing is one of them. */
  unexpected: string[]
  /** Runs a function that is not reachable over HTTP. @returns what it failed with */
  invoke(name: string, event: unknown): Promise<string | null>
  stop(): Promise<void>
}

const place = { region: 'us-east-1', accountId: '000000000000', prefix: 'gridgate-', table: 'gridgate' }

export async function openEmbeddedNetwork(): Promise<EmbeddedNetwork> {
  const folder = temporaryFolder()
  let controller = scriptedController()
  const beyond = await serveControllers(() => controller)
  const settings = {
    GRIDGATE_ACCOUNT: place.accountId,
    GRIDGATE_LOG_LEVEL: 'ERROR',
    GRIDGATE_KMS_KEY: localKmsKey(place),
    GRIDGATE_INFRA_CONFIG: '{"gatewayUrl": "https://gateway.example"}',
    // So many that requests are counted and none is refused.
    GRIDGATE_RATE_LIMIT: '1000000',
    GRIDGATE_LOCAL_HOSTS: `*.example.com=http://${beyond.host}`,
    GRIDGATE_OUTBOUND_LOCAL: beyond.host,
    GRIDGATE_EVENTBRIDGE_SOURCES: '123456789012/eu-west-1',
    GRIDGATE_NOTIFY_URLS: 'https://notify.example.com/actions',
    GRIDGATE_NOTIFY_SECRET: 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz',
  } satisfies Partial<Record<keyof Config, string>>
  const cloud = await startCloud({
    ...{ ...place, port: 0, file: (name) => `${folder.path}/${name}`, log: () => {} },
    functions: (environment) => functionRows(place.prefix, { ...environment, ...settings }, false),
  })
  const config = readConfig({ ...process.env, ...settings })
  await deploy(place, cloud.host)
  cloud.resume()
  const lambda = new LambdaClient({})
  const unexpected: string[] = []
  const quiet = { info() {}, warn() {}, error() {} }
  const ports = compose(config, { log: quiet })
  const filling = compose(config, {
    log: quiet,
    ports: { workflows: { ...ports.workflows, start: async () => undefined } },
  })
  const key = await makeTestKey('own')
  let callers: Calling[] = []
  const app = await gatewayApp((name) =>
    compose(config, { log: telling(name, unexpected), aws: identity(cloud, name) }),
  )
  return {
    ...{ ports, unexpected, callers: () => callers, ask: askOf((path, init) => app.request(path, init)) },
    empty: () => emptyTable(place.table),
    async renew() {
      await emptyTable(place.table)
      await ports.gatewayKeys.ensure()
      controller = scriptedController()
      for (const name of [`node-of-${mine}`, 'new-node']) controller.add(name)
      await fillNetwork(filling, key.publicKey)
      const policyRuleURI = await publish({ ports }, 'tally')
      await guard({ ports }, Object.fromEntries(policyActions.map((action) => [action, { policyRuleURI }])))
      await keepDeed(ports, { by: 'test', operation: 'a/b', clusterId: mine, subject: 'something' })
      callers = await openCallers(ports, key)
    },
    async invoke(name, event) {
      const FunctionName = functionName(place.prefix, `internal/${name}`)
      const reply = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }))
      return reply.FunctionError === undefined ? null : Buffer.from(reply.Payload ?? []).toString()
    },
    async stop() {
      lambda.destroy()
      await cloud.stop()
      beyond.stop()
      folder.remove()
    },
  }
}

const identity = (cloud: Cloud, name: string) => cloud.actAs(functionName(place.prefix, name))

const telling = (name: string, unexpected: string[]) => ({
  ...{ info() {}, warn() {} },
  error: (event: string, fields?: Record<string, unknown>) =>
    void unexpected.push(`${name}: ${event} ${fields?.error}`),
})

/** Where controllers and executors would be: a scripted controller for all clusters, and no executor. */
async function serveControllers(controller: () => ScriptedController): Promise<{ host: string; stop(): void }> {
  const server = createServer(async (request, response) => {
    const body = await text(request)
    try {
      const path = (request.url ?? '').replace(/^\/controller/, '')
      const call = { method: request.method as 'GET', path, ...(body === '' ? {} : { body: JSON.parse(body) }) }
      response.end(JSON.stringify({ success: true, data: answer(controller(), call) }))
    } catch (error) {
      const { code, message } = error instanceof GridError ? error : new GridError('service.unavailable', 'not here')
      response.writeHead(errorStatuses[code]).end(JSON.stringify({ code, detail: message }))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
