import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Every option there is, so that what few use is looked at too. */
const everyOption = {
  ...{
    GRIDGATE_DOMAIN: 'api.example.org',
    GRIDGATE_DOMAIN_CERTIFICATE: 'arn:aws:acm:us-east-1:123456789012:certificate/c',
  },
  ...{ GRIDGATE_PROVISIONED: 'clusters/list=2,policies/test=1', GRIDGATE_POLICY_RUNS: '50', GRIDGATE_LOG_DAYS: '365' },
  ...{ GRIDGATE_OPERATOR_EMAIL: 'operators@example.org', GRIDGATE_LOG_LEVEL: 'DEBUG' },
  ...{
    GRIDGATE_OIDC_ISSUER: 'https://id.example.org',
    GRIDGATE_OIDC_AUDIENCE: 'gridgate',
    GRIDGATE_OIDC_CLIENTS: 'a,b',
  },
  ...{
    GRIDGATE_OIDC_JWKS_URL: 'https://id.example.org/keys',
    GRIDGATE_OIDC_ROLE_CLAIM: 'role',
    ...{ GRIDGATE_RATE_LIMIT: '60', GRIDGATE_POLICY_TENANCY: 'PER_TENANT' },
  },
  ...{ GRIDGATE_OIDC_CLUSTERS_CLAIM: 'clusters' },
  ...{ GRIDGATE_OUTBOUND_ALLOW: '10.0.0.0/8', GRIDGATE_EVENTBRIDGE_SOURCES: '210987654321/eu-west-1' },
  ...{ GRIDGATE_SNS_TOPICS: 'arn:aws:sns:us-east-1:123456789012:others', GRIDGATE_INFRA_CONFIG: '{}' },
  GRIDGATE_REPAIR_ROLES: 'arn:aws:iam::210987654321:role/repairs, arn:aws:iam::123456789012:role/others',
  ...{ GRIDGATE_NOTIFY_URLS: 'https://hook.example.org/a', SST_SECRET_NotifySecret: 'whsec_canary' },
  ...{
    SST_SECRET_WebhookSecret: 'whsec_canary',
    SST_SECRET_RedfishLogin: 'canary',
    SST_SECRET_RepairWebhookSecret: 'canary',
  },
}

/** Installs SST where it is missing, checks the types, and evaluates the configuration for each stage that tests look at. */
export default function setup(): void {
  execFileSync('sh', ['packages/deployment/type-check.sh'], { cwd: root, stdio: 'inherit' })
  synthesise('prod', 'prod')
  synthesise('prod', 'prod-again')
  synthesise('dev', 'dev', everyOption)
}

function synthesise(stage: string, name: string, options: Readonly<Record<string, string>> = {}): void {
  const plain = Object.entries(process.env).filter(([variable]) => !/^(GRIDGATE_|SST_|AWS_)/.test(variable))
  const out = `.sst/synth/${name}.json`
  execFileSync(process.execPath, ['packages/deployment/synth/main.ts', '--stage', stage, '--out', out], {
    ...{ cwd: root, stdio: 'inherit', env: { ...Object.fromEntries(plain), ...options } },
  })
}
