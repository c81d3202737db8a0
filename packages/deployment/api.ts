/// <reference path="../../.sst/platform/config.d.ts" />
import type { EndpointRow } from '@gridgate/http/manifest-row'
import { endpoints } from '../../functions/manifest.ts'
import { endpointFunctions, notFound } from './function-list.ts'
import { type CreatedFunction, createFunction, type Workshop } from './functions.ts'
import { logicalName } from './names.ts'

/** Requests of the whole API: a flood is answered 429 by the gateway before it costs more than that. */
const requestsPerSecondMax = 500
const requestsAtOnceMax = 1_000

/** The longest that API Gateway waits for a function, in ms. */
const answerMsMax = 30_000

/** What the access log says of a request: no body, no query, no headers but the user agent. */
const accessLogFields = {
  ...{
    time: '$context.requestTime',
    request_id: '$context.requestId',
    route: '$context.routeKey',
    path: '$context.path',
  },
  ...{ status: '$context.status', latency_ms: '$context.responseLatency', sent_bytes: '$context.responseLength' },
  ...{ function_request_id: '$context.integration.requestId', error: '$context.integration.error' },
  ...{ ip: '$context.identity.sourceIp', user_agent: '$context.identity.userAgent' },
}

/** The API and what stands behind each of its routes. */
export interface CreatedApi {
  id: $util.Output<string>
  url: $util.Output<string>
  /** What must be there before it answers: its stage and domain, which are parts of the first, and its routes. */
  parts: $util.Resource[]
}

/** An HTTP API: a route for each method and path of the manifest, and `$default`. Functions authorise by themselves, as they do locally. */
export function createApi(workshop: Workshop): CreatedApi {
  const { stage } = workshop
  const api = new sst.aws.ApiGatewayV2('Api', {
    ...(stage.domain === null ? {} : { domain: domainOf(stage.domain) }),
    cors: false,
    transform: {
      api: {
        name: stage.prefix.slice(0, -1),
        corsConfiguration: undefined,
        disableExecuteApiEndpoint: stage.domain !== null,
      },
      logGroup: { name: `/aws/vendedlogs/apis/${stage.prefix}api`, retentionInDays: stage.logDays },
      stage: (args) => {
        args.accessLogSettings = $resolve({ log: args.accessLogSettings }).apply(({ log }) => ({
          destinationArn: log?.destinationArn ?? '',
          format: JSON.stringify(accessLogFields),
        }))
        args.defaultRouteSettings = {
          ...{ throttlingRateLimit: requestsPerSecondMax, throttlingBurstLimit: requestsAtOnceMax },
        }
      },
    },
  })
  const { id, executionArn } = api.nodes.api
  return { id, url: api.url, parts: [api, ...createRoutes(workshop, { id, executionArn })] }
}

/** With a certificate that is there already, nothing is looked up and no record written; without, Route 53 does both. */
const domainOf = ({ name, certificateArn }: { name: string; certificateArn: string | null }) =>
  certificateArn === null ? name : { name, dns: false as const, cert: certificateArn }

interface Gateway {
  id: $util.Output<string>
  executionArn: $util.Output<string>
}

function createRoutes(workshop: Workshop, gateway: Gateway): aws.apigatewayv2.Route[] {
  const unknown = [...workshop.stage.provisioned.keys()].filter((name) => !endpoints.some((row) => row.name === name))
  if (unknown.length > 0) throw new Error(`GRIDGATE_PROVISIONED names no endpoint: ${unknown.join(', ')}`)
  return [...endpoints, notFound].flatMap((row, index) => {
    const spec = endpointFunctions[index]
    if (!spec) throw new Error(`the endpoint ${row.name} has no function`)
    const provisioned = workshop.stage.provisioned.get(row.name)
    const created = createFunction(workshop, spec, provisioned === undefined ? {} : { provisioned })
    const keys = row === notFound ? [row.path] : [`${row.method} ${row.path}`, ...row.aliases].flatMap(withHead(row))
    return createRoute(gateway, spec.name, keys, created)
  })
}

/** API Gateway takes no HEAD for a GET by itself; what does more than look is asked for by its own method only. */
const withHead =
  ({ method }: EndpointRow) =>
  (key: string): string[] =>
    method === 'GET' ? [key, key.replace(/^GET /, 'HEAD ')] : [key]

/** A permission and a route for each way to reach a function, and one integration, which leads to a version once it may be called. */
function createRoute(
  { id, executionArn }: Gateway,
  name: string,
  keys: string[],
  target: CreatedFunction,
): aws.apigatewayv2.Route[] {
  const logical = logicalName(name)
  const permissions = keys.map((routeKey, index) => {
    const suffix = index === 0 ? '' : `Alias${index}`
    return new aws.lambda.Permission(`${logical}Permission${suffix}`, {
      ...{ action: 'lambda:InvokeFunction', function: target.name, principal: 'apigateway.amazonaws.com' },
      ...(target.qualifier === undefined ? {} : { qualifier: target.qualifier }),
      sourceArn: $interpolate`${executionArn}/*/${sourceOf(routeKey)}`,
    })
  })
  const integration = new aws.apigatewayv2.Integration(
    `${logical}Integration`,
    {
      ...{ apiId: id, integrationType: 'AWS_PROXY', integrationUri: target.invokeArn, payloadFormatVersion: '2.0' },
      timeoutMilliseconds: answerMsMax,
    },
    { dependsOn: [...permissions, ...target.parts] },
  )
  return keys.map((routeKey) => {
    const route = { apiId: id, routeKey, target: $interpolate`integrations/${integration.id}` }
    return new aws.apigatewayv2.Route(`${routeName(routeKey)}Route`, route)
  })
}

/** `GET /tasks/{task_id}` → `GetTasksTaskId`: a route that leads elsewhere now stays the same, as there cannot be two of it for a moment. */
const routeName = (routeKey: string): string =>
  logicalName(
    routeKey
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, ' ')
      .trim()
      .replaceAll(' ', '-'),
  )

/** `GET /tasks/{task_id}` → `GET/tasks/*`: how API Gateway names a route when it asks to invoke its function. */
const sourceOf = (routeKey: string): string => routeKey.replace(' ', '').replaceAll(/\{[^}]+\}/g, '*')
