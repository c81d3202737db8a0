import { secretKey } from '@gridgate/core/alarm/webhook-signature'
import { z } from 'zod'
import { isLoopback } from './issuer-keys.ts'
import { areNotifiable } from './notifications.ts'
import { WrongConfiguration } from './wrong-configuration.ts'

/** An address that is asked for keys: https, or http on this machine, without user. */
const KeysUrl = z.string().refine((text) => {
  const { protocol, username, password } = URL.parse(text) ?? {}
  const isEncrypted = protocol === 'https:' || (protocol === 'http:' && isLoopback(text))
  return text === '' || (isEncrypted && username === '' && password === '')
}, 'must be an https address without user or password')

/** An issuer's name is an address without query and fragment (OpenID Connect Discovery 1.0 §3). */
const IssuerUrl = KeysUrl.refine((text) => !/[?#]/.test(text), 'must have neither query nor fragment')

/** Everything a function is told by its environment, parsed in this one place. */
const Environment = z
  .object({
    AWS_REGION: z.string().default('us-east-1'),
    GRIDGATE_ACCOUNT: z.string().default('000000000000'),
    GRIDGATE_TABLE: z.string().default('gridgate'),
    /** Name prefix of functions and state machines, `gridgate-prod-` for a stage. */
    GRIDGATE_PREFIX: z.string().default('gridgate-'),
    /** Whether the function that runs policies is one with tenant isolation: it must be told whose each call is, and others must not. */
    GRIDGATE_POLICY_TENANCY: z.enum(['', 'PER_TENANT']).default(''),
    GRIDGATE_LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
    /** Private address ranges that may be called, comma separated (spec/decisions.md 8). */
    GRIDGATE_OUTBOUND_ALLOW: z.string().default(''),
    /** Local only: addresses on loopback that are our own parts, `host:port` pairs, comma separated. */
    GRIDGATE_OUTBOUND_LOCAL: z.string().default(''),
    /** Local only: where host names of the simulated cluster lead, `*.company.net=http://127.0.0.1:4000` pairs, comma separated. */
    GRIDGATE_LOCAL_HOSTS: z.string().default(''),
    /** Local only: calls without a key from loopback act as network admin. */
    GRIDGATE_INSECURE: z.enum(['0', '1']).default('0'),
    /** ARN of the KMS key that kubeconfigs, webhook secrets and the gateway's own keys are kept under. */
    GRIDGATE_KMS_KEY: z.string().default(''),
    /** Whose access tokens are good, and the audience that they must be made for; both or neither. */
    GRIDGATE_OIDC_ISSUER: IssuerUrl.default(''),
    GRIDGATE_OIDC_AUDIENCE: z.string().max(1024).default(''),
    /** Where the issuer's keys are; found by discovery while it is empty. */
    GRIDGATE_OIDC_JWKS_URL: KeysUrl.default(''),
    /** Clients that tokens may be issued to, comma separated; all while it is empty. */
    GRIDGATE_OIDC_CLIENTS: z.string().default(''),
    /** Claims that say what the bearer of a token may do. */
    GRIDGATE_OIDC_ROLE_CLAIM: z.string().min(1).default('gridgate_role'),
    GRIDGATE_OIDC_CLUSTERS_CLAIM: z.string().min(1).default('gridgate_clusters'),
    /** Requests of one caller in a minute; 0 is any number, as the local server has it. */
    GRIDGATE_RATE_LIMIT: z.coerce.number().int().min(0).max(1_000_000).default(600),
    /** ARNs of SNS topics whose alarms are believed, comma separated; none while it is empty (spec/decisions.md 42). */
    GRIDGATE_SNS_TOPICS: z.string().default(''),
    /** `account` or `account/region` of EventBridge, comma separated; all while it is empty. */
    GRIDGATE_EVENTBRIDGE_SOURCES: z.string().default(''),
    /** Secrets of webhooks, `whsec_…`, comma separated, beside those made by the API. */
    GRIDGATE_WEBHOOK_SECRET: z.string().default(''),
    /** `name:password` for boards that answer Redfish, and the `whsec_…` that orders to a repair webhook are signed with. */
    GRIDGATE_REDFISH_LOGIN: z.string().default(''),
    GRIDGATE_REPAIR_WEBHOOK_SECRET: z.string().default(''),
    /** Addresses that are told of failover actions, comma separated, and the `whsec_…` that this is signed with. */
    GRIDGATE_NOTIFY_URLS: z
      .string()
      .default('')
      .refine(areNotifiable, 'must be https addresses without user or password'),
    GRIDGATE_NOTIFY_SECRET: z
      .string()
      .default('')
      .refine(
        (secret) => secret === '' || secretKey(secret) !== null,
        'must be whsec_ and the base64 of 24 to 64 bytes',
      ),
    /** Images and settings of the in-cluster services, JSON; see packages/kube/src/components. */
    GRIDGATE_INFRA_CONFIG: z.string().default('{}'),
  })
  .refine((told) => told.GRIDGATE_NOTIFY_URLS === '' || told.GRIDGATE_NOTIFY_SECRET !== '', {
    path: ['GRIDGATE_NOTIFY_SECRET'],
    message: 'is missing beside GRIDGATE_NOTIFY_URLS',
  })
  .refine((told) => (told.GRIDGATE_OIDC_ISSUER === '') === (told.GRIDGATE_OIDC_AUDIENCE === ''), {
    path: ['GRIDGATE_OIDC_ISSUER'],
    message: 'and GRIDGATE_OIDC_AUDIENCE are given both or neither',
  })
export type Config = z.infer<typeof Environment>

/** @throws {WrongConfiguration} with the names of the variables that are wrong, never their values */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const parsed = Environment.safeParse(environment)
  if (parsed.success) return parsed.data
  throw new WrongConfiguration(
    `wrong configuration: ${parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`,
  )
}
