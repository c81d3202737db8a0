import { roleArnPattern } from '@gridgate/core/repair/role-arn'
import { prefixOf } from './names.ts'

/** Variables of packages/runtime/src/config.ts that are handed on as they are, without secrets. */
const handedOn = [
  'GRIDGATE_LOG_LEVEL',
  'GRIDGATE_OUTBOUND_ALLOW',
  'GRIDGATE_EVENTBRIDGE_SOURCES',
  'GRIDGATE_SNS_TOPICS',
  'GRIDGATE_NOTIFY_URLS',
  'GRIDGATE_INFRA_CONFIG',
  'GRIDGATE_OIDC_ISSUER',
  'GRIDGATE_OIDC_AUDIENCE',
  'GRIDGATE_OIDC_JWKS_URL',
  'GRIDGATE_OIDC_CLIENTS',
  'GRIDGATE_OIDC_ROLE_CLAIM',
  'GRIDGATE_OIDC_CLUSTERS_CLAIM',
  'GRIDGATE_RATE_LIMIT',
  'GRIDGATE_POLICY_TENANCY',
] as const

/** Policies that run at the same time: more are refused (`policy.unavailable`), so that the rest of the account keeps its share. */
const policyRunsAtOnceDefault = 20

/** Log lines are kept so long, in days: one of the numbers that CloudWatch allows. */
const logDaysDefault = { prod: 90, others: 14 }
const logDaysAllowed = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653]

/** What is handed on has so much room in a function, in bytes: Lambda's 4 KB for all of its variables, without ours and secrets. */
const handedOnBytesMax = 3_000

/** What differs between stages; all of it is decided here. */
export interface Stage {
  name: string
  prefix: string
  /** Keeps what it stores whatever happens: retained, protected, restorable to any second of the last 35 days. */
  isProduction: boolean
  logDays: number
  domain: { name: string; certificateArn: string | null } | null
  /** Warm instances by endpoint, `clusters/list`. */
  provisioned: ReadonlyMap<string, number>
  policyRunsAtOnce: number
  /** Roles that steps which repair instances may take on, by their ARNs. */
  repairRoles: readonly string[]
  /** Where the deployment's own alarms go: a topic that is there, or a new one, which this address is told of. */
  operators: { topicArn: string | null; email: string | null }
  /** Variables for functions, by name; only those that are set. */
  variables: ReadonlyMap<string, string>
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws {Error} for an option that cannot be meant, before anything is created */
export function readStage(name: string, environment: Environment): Stage {
  const isProduction = name === 'prod'
  const told = (variable: string): string | null => environment[variable]?.trim() || null
  // Functions would refuse the one without the other, each at its first call.
  if ((told('GRIDGATE_OIDC_ISSUER') === null) !== (told('GRIDGATE_OIDC_AUDIENCE') === null))
    throw new Error('GRIDGATE_OIDC_ISSUER and GRIDGATE_OIDC_AUDIENCE are given both or neither')
  if (!['PER_TENANT', null].includes(told('GRIDGATE_POLICY_TENANCY')))
    throw new Error('GRIDGATE_POLICY_TENANCY is PER_TENANT or not given')
  const variables = new Map(handedOn.flatMap((variable) => [[variable, told(variable) ?? ''] as const]))
  requireRoom(variables)
  const domain = told('GRIDGATE_DOMAIN')
  return {
    name,
    prefix: prefixOf(name),
    isProduction,
    logDays: readLogDays(told('GRIDGATE_LOG_DAYS'), isProduction),
    domain: domain === null ? null : { name: domain, certificateArn: told('GRIDGATE_DOMAIN_CERTIFICATE') },
    provisioned: readProvisioned(told('GRIDGATE_PROVISIONED') ?? ''),
    policyRunsAtOnce: readCount('GRIDGATE_POLICY_RUNS', told('GRIDGATE_POLICY_RUNS') ?? `${policyRunsAtOnceDefault}`),
    repairRoles: readRoles(told('GRIDGATE_REPAIR_ROLES') ?? ''),
    operators: { topicArn: told('GRIDGATE_OPERATOR_TOPIC'), email: told('GRIDGATE_OPERATOR_EMAIL') },
    variables,
  }
}

function requireRoom(variables: ReadonlyMap<string, string>): void {
  const sizes = [...variables].map(([variable, value]) => ({ variable, bytes: Buffer.byteLength(variable + value) }))
  const sum = sizes.reduce((all, { bytes }) => all + bytes, 0)
  const [largest] = sizes.sort((a, b) => b.bytes - a.bytes)
  if (sum > handedOnBytesMax)
    throw new Error(`variables hold ${sum} bytes, ${handedOnBytesMax} at most; the largest is ${largest?.variable}`)
}

function readLogDays(text: string | null, isProduction: boolean): number {
  const days = text === null ? logDaysDefault[isProduction ? 'prod' : 'others'] : Number(text)
  if (!logDaysAllowed.includes(days)) throw new Error(`GRIDGATE_LOG_DAYS is none of ${logDaysAllowed.join(', ')}`)
  return days
}

function readCount(variable: string, text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new Error(`${variable} is no whole number of 1 or more`)
  return count
}

/** `arn:aws:iam::123456789012:role/repairs,…`: each by name, because the right to take it on is given for it alone. */
function readRoles(text: string): string[] {
  const roles = text.split(',').flatMap((role) => role.trim() || [])
  const wrong = roles.filter((role) => !roleArnPattern.test(role))
  if (wrong.length > 0) throw new Error(`GRIDGATE_REPAIR_ROLES has what is no ARN of a role: ${wrong.join(', ')}`)
  return roles
}

/** `clusters/list=2,policies/test=1` */
function readProvisioned(text: string): Map<string, number> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '')
  return new Map(
    pairs.map((pair) => {
      const [endpoint = '', count = ''] = pair.split('=')
      return [endpoint.trim(), readCount('GRIDGATE_PROVISIONED', count.trim())]
    }),
  )
}
