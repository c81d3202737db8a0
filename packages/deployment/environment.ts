import { policyOf, portName } from '@gridgate/runtime/rights'

/** Variables that follow from what a function may do: who may not use a service need not know where it is. */
const told = [
  { variable: 'GRIDGATE_TABLE', services: ['dynamodb'] },
  { variable: 'GRIDGATE_PREFIX', services: ['sqs', 'states', 'lambda'] },
  { variable: 'GRIDGATE_ACCOUNT', services: ['states'] },
  { variable: 'GRIDGATE_KMS_KEY', services: ['kms'] },
]

/** Ports that call others over the network, and so read which private addresses they may. */
const outbound = [
  ...['authenticator', 'controllers', 'executorClient', 'engine', 'codeFetcher', 'infra', 'executorInfra'],
  ...['instances', 'alarmTrust', 'webhooks', 'kubeconfigReader'],
]

/** Which ports read a variable of packages/runtime/src/config.ts; `*` is every function but the one that runs policies. */
const readers: Readonly<Record<string, readonly string[] | '*'>> = {
  GRIDGATE_LOG_LEVEL: '*',
  GRIDGATE_OUTBOUND_ALLOW: outbound,
  GRIDGATE_OIDC_ISSUER: ['authenticator'],
  GRIDGATE_OIDC_AUDIENCE: ['authenticator'],
  GRIDGATE_OIDC_JWKS_URL: ['authenticator'],
  GRIDGATE_OIDC_CLIENTS: ['authenticator'],
  GRIDGATE_OIDC_ROLE_CLAIM: ['authenticator'],
  GRIDGATE_OIDC_CLUSTERS_CLAIM: ['authenticator'],
  GRIDGATE_RATE_LIMIT: ['rateLimiter'],
  GRIDGATE_POLICY_TENANCY: ['engine', 'health'],
  GRIDGATE_SNS_TOPICS: ['alarmTrust'],
  GRIDGATE_EVENTBRIDGE_SOURCES: ['alarmTrust'],
  GRIDGATE_WEBHOOK_SECRET: ['alarmTrust'],
  GRIDGATE_REDFISH_LOGIN: ['instances'],
  GRIDGATE_REPAIR_WEBHOOK_SECRET: ['instances'],
  // One without the other is refused as a wrong configuration.
  GRIDGATE_NOTIFY_URLS: ['notifications', 'webhooks'],
  GRIDGATE_NOTIFY_SECRET: ['notifications', 'webhooks'],
  // The plan says of the images which these are, and a wrong configuration ends it.
  GRIDGATE_INFRA_CONFIG: ['infra', 'infraPlan', 'executorInfra'],
}

/** Variables that make sense on a developer's machine only. */
export const localOnly = [...['GRIDGATE_OUTBOUND_LOCAL', 'GRIDGATE_LOCAL_HOSTS', 'GRIDGATE_INSECURE']] as const

/** Variables that only those are told who may use the service. */
export const rightsTell: readonly string[] = told.map(({ variable }) => variable)

/** Every variable that some function is told. */
export const deployedVariables: readonly string[] = [...rightsTell, ...Object.keys(readers)]

/** The services do not depend on where they are. */
const anywhere = { partition: '', region: '', accountId: '', table: '', prefix: '', kmsKeyArn: '' }

/** The variables that a function with these ports reads, and no others. */
export function variablesOf(ports: readonly string[]): string[] {
  const actions = policyOf(ports, anywhere).Statement.flatMap(({ Action }) => Action)
  const services = new Set(actions.map((action) => action.split(':')[0]))
  const names = ports.map(portName)
  return [
    ...told.filter((row) => row.services.some((service) => services.has(service))).map(({ variable }) => variable),
    ...Object.keys(readers).filter((variable) => {
      const who = readers[variable] ?? []
      return who === '*' || who.some((port) => names.includes(port))
    }),
  ]
}
