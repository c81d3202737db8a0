import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { createApiKey } from '@gridgate/core/auth/api-key'
import { deploy } from '@gridgate/local/cloud/deploy'
import { functionRows } from '@gridgate/local/cloud/function-rows'
import { type Cloud, localKmsKey, startCloud } from '@gridgate/local/cloud/start-cloud'
import { gatewayApp } from '@gridgate/local/gateway/serve-gateway'
import { compose } from '@gridgate/runtime/compose'
import { type Config, readConfig } from '@gridgate/runtime/config'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endpoints } from '../../functions/manifest.ts'
import { temporaryFolder } from './product.ts'

const folder = temporaryFolder()
const region = 'us-east-1'
const accountId = '000000000000'
const prefix = 'gridgate-'

interface Answer {
  status: number
  type: string
  body: unknown
}
type Ask = (route: Asked) => Promise<Answer>

interface Asked {
  /** Name of the endpoint's row in the manifest. */
  name: string
  method: string
  path: string
  body?: unknown
  keyless?: boolean
}

let cloud: Cloud
let lambda: LambdaClient
let asFunction: Ask
let asServer: Ask

/** The embedded cloud with every endpoint hosted as a function of its own, and the local server's one application beside it. */
beforeAll(async () => {
  const settings = {
    GRIDGATE_ACCOUNT: accountId,
    GRIDGATE_LOG_LEVEL: 'ERROR',
    GRIDGATE_KMS_KEY: localKmsKey({ region, accountId }),
    GRIDGATE_POLICY_TENANCY: 'PER_TENANT',
  } satisfies Partial<Record<keyof Config, string>>
  cloud = await startCloud({
    file: (name) => `${folder.path}/${name}`,
    port: 0,
    region,
    accountId,
    prefix,
    table: 'gridgate',
    functions: (environment) => functionRows(prefix, { ...environment, ...settings }, true),
    log: () => {},
  })
  const config = readConfig({ ...process.env, ...settings })
  await deploy({ table: config.GRIDGATE_TABLE, prefix, region, accountId }, cloud.host)
  cloud.resume()
  lambda = new LambdaClient({})
  const quiet = { info: () => {}, warn: () => {}, error: () => {} }
  const ports = compose(config, { log: quiet })
  const { key } = await createApiKey(ports, { name: 'test', role: 'network-admin', clusters: '*', expiresAt: null })
  asFunction = (asked) => invoke(asked, headersOf(asked, key))
  const app = await gatewayApp(() => ports)
  asServer = async (asked) => {
    const headers = headersOf(asked, key)
    const reply = await app.request(asked.path, { method: asked.method, headers, ...bodyOf(asked) })
    return answered(reply.status, reply.headers.get('content-type'), await reply.text())
  }
})
afterAll(async () => {
  lambda.destroy()
  await cloud.stop()
  folder.remove()
})

const headersOf = ({ body, keyless }: Asked, key: string): Record<string, string> => ({
  ...(keyless ? {} : { authorization: `Bearer ${key}` }),
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
})
const bodyOf = ({ body }: Asked) => (body === undefined ? {} : { body: JSON.stringify(body) })

/** What two replies have in common when they say the same: everything but the number of the request. */
function answered(status: number, type: string | null | undefined, text: string): Answer {
  const body: unknown = type?.includes('json') ? JSON.parse(text) : text
  if (body !== null && typeof body === 'object') delete (body as Record<string, unknown>).request_id
  return { status, type: type ?? '', body }
}

/** Invokes an endpoint's function with an event of API Gateway's payload format 2.0. */
async function invoke(asked: Asked, headers: Record<string, string>): Promise<Answer> {
  const [rawPath = '', rawQueryString = ''] = asked.path.split('?')
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: { host: 'api.example.com', ...headers },
    requestContext: {
      accountId,
      apiId: 'api',
      domainName: 'api.example.com',
      http: { method: asked.method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request',
      stage: '$default',
    },
    isBase64Encoded: false,
    ...bodyOf(asked),
  }
  const FunctionName = prefix + asked.name.replaceAll('/', '-')
  const reply = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }))
  const text = Buffer.from(reply.Payload ?? []).toString()
  expect(reply.FunctionError, text).toBeUndefined()
  const answer = JSON.parse(text) as {
    statusCode: number
    headers: Record<string, string>
    body: string
    isBase64Encoded: boolean
  }
  const body = answer.isBase64Encoded ? Buffer.from(answer.body, 'base64').toString() : answer.body
  return answered(answer.statusCode, answer.headers['content-type'], body)
}

const document = { id: 'west-1', regionId: 'us-west-2', nodes: { nodeData: [{ id: 'n1', gpus: { count: 2 } }] } }

describe('an endpoint that runs as a function of its own', () => {
  it('exists for each row of the manifest', async () => {
    const rows = await functionRows(prefix, {}, true)
    const names = rows.map(({ name }) => name)
    for (const { name } of endpoints) expect(names).toContain(prefix + name.replaceAll('/', '-'))
  })

  it('registers a cluster with the reply that the server gives', async () => {
    const create: Asked = { name: 'clusters/create', method: 'POST', path: '/clusters/create', body: document }
    const remove: Asked = { name: 'clusters/delete', method: 'DELETE', path: '/clusters/delete/west-1' }
    const byFunction = await asFunction(create)
    expect(byFunction).toMatchObject({ status: 200, body: { success: true, data: { gpus: { count: 2 } } } })
    expect((await asServer(remove)).status).toBe(200)
    expect(await asServer(create)).toEqual(byFunction)
  })

  it.each<[string, number, Asked]>([
    ['its health', 200, { name: 'system/health', method: 'GET', path: '/healthz', keyless: true }],
    ['that it is ready', 200, { name: 'system/ready', method: 'GET', path: '/readyz', keyless: true }],
    ['a cluster', 200, { name: 'clusters/read', method: 'GET', path: '/clusters/read/west-1' }],
    ['no cluster', 404, { name: 'clusters/read', method: 'GET', path: '/clusters/read/none' }],
    ['a list', 200, { name: 'tasks/list', method: 'GET', path: '/tasks?limit=5' }],
    ['a wrong limit', 400, { name: 'tasks/list', method: 'GET', path: '/tasks?limit=0' }],
    [
      'a second registration',
      409,
      { name: 'clusters/create', method: 'POST', path: '/clusters/create', body: document },
    ],
    ['a missing key', 401, { name: 'clusters/read', method: 'GET', path: '/clusters/read/west-1', keyless: true }],
    ['a wrong body', 400, { name: 'infra/create', method: 'POST', path: '/create-cluster-infra', body: {} }],
  ])('answers %s with %i as the server does', async (_, status, asked) => {
    const byFunction = await asFunction(asked)
    expect(byFunction.status).toBe(status)
    expect(byFunction).toEqual(await asServer(asked))
  })
})
