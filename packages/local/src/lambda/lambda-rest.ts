import type { AwsRequest, Reply } from '../aws/http.ts'
import { AwsError, type JsonObject } from '../aws/service.ts'
import type { FunctionConfiguration } from './function-configuration.ts'
import type { InvocationType, LambdaHost } from './lambda-host.ts'

const paths = /^\/2015-03-31\/functions(?:\/([^/%]+(?:%3A[^/%]*)*)(?:\/(invocations|configuration))?)?\/?$/i
const statusOf: Readonly<Record<InvocationType, number>> = { RequestResponse: 200, Event: 202, DryRun: 204 }

/** Lambda's REST API over a host: Invoke, GetFunction, GetFunctionConfiguration, ListFunctions; null for other paths. */
export function lambdaRest(host: LambdaHost): (request: AwsRequest) => Promise<Reply> | null {
  return (request) => {
    const [found, encoded, what] = paths.exec(request.target.split('?')[0] ?? '') ?? []
    if (found === undefined) return null
    const qualifier = new URL(request.target, 'http://localhost').searchParams.get('Qualifier') ?? '$LATEST'
    const name = decodeURIComponent(encoded ?? '') + (qualifier === '$LATEST' ? '' : `:${qualifier}`)
    if (request.method === 'POST' && what === 'invocations') return invoke(host, name, request)
    return request.method === 'GET' && what !== 'invocations' ? describe(host, name, what) : null
  }
}

async function describe(host: LambdaHost, name: string, what: string | undefined): Promise<Reply> {
  if (name === '') return json({ Functions: [...host.functions.values()].map((fn) => shown(host, fn)) })
  const configuration = shown(host, host.find(name))
  return json(what === 'configuration' ? configuration : { Configuration: configuration })
}

async function invoke(host: LambdaHost, name: string, request: AwsRequest): Promise<Reply> {
  const type = String(request.headers['x-amz-invocation-type'] ?? 'RequestResponse')
  if (!isInvocationType(type))
    throw new AwsError('InvalidParameterValueException', `invocation type ${type} is not supported`)
  const tenant = request.headers['x-amz-tenant-id']
  const tenantId = tenant === undefined ? undefined : String(tenant)
  const { payload, functionError, requestId } = await host.invoke(name, request.body.toString('utf8'), type, tenantId)
  return {
    status: statusOf[type],
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amz-executed-version': '$LATEST',
      ...(functionError ? { 'x-amz-function-error': functionError } : {}),
    },
    body: payload,
  }
}

const isInvocationType = (type: string): type is InvocationType => Object.hasOwn(statusOf, type)

const shown = (host: LambdaHost, fn: FunctionConfiguration): JsonObject => ({
  FunctionName: fn.name,
  FunctionArn: host.arnOf(fn.name),
  Runtime: 'nodejs24.x',
  Timeout: fn.timeoutSeconds,
  Version: '$LATEST',
  State: 'Active',
  LastUpdateStatus: 'Successful',
  ...('module' in fn ? { Handler: fn.handler, MemorySize: fn.memoryMb } : {}),
})

const json = (body: JsonObject): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
