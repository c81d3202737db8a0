import { chmodSync, writeFileSync } from 'node:fs'
import { createApiKey } from '@gridgate/core/auth/api-key'
import type { Log, Ports } from '@gridgate/core/ports'
import { functionName } from '@gridgate/http/manifest-row'
import { compose } from '@gridgate/runtime/compose'
import { type Config, readConfig } from '@gridgate/runtime/config'
import { deploy } from './cloud/deploy.ts'
import { functionRows } from './cloud/function-rows.ts'
import { putKey } from './cloud/put-key.ts'
import { requireReachable } from './cloud/require-reachable.ts'
import { type Cloud, startCloud } from './cloud/start-cloud.ts'
import type { DataFolder, Facts } from './data-folder.ts'
import { type Gateway, openGateway } from './gateway/serve-gateway.ts'
import { type AdoptOptions, startAdopted } from './start-adopted.ts'
import { startCluster } from './start-cluster.ts'

export interface Product {
  url: string
  /** A key for calls, only at the first start or when a new one was asked for. */
  key: string | null
  kubeconfig: string
  /** The real cluster in the place of the simulated one, where one was named. */
  adopted: { clusterId: string; context: string } | null
  aws: { endpoint: string; region: string; accessKeyId?: string; secretAccessKey?: string }
  stop(): Promise<void>
}

export interface ProductOptions {
  folder: DataFolder
  host: string
  port: number
  insecure: boolean
  newKey: boolean
  /** Variables of the configuration that go before those of the environment. */
  settings?: Readonly<Record<string, string>>
  adopt: AdoptOptions | null
  log: Log
}

const region = 'us-east-1'
const accountId = '000000000000'
const prefix = 'gridgate-'

/** Host names that lead to the simulated cluster: the documented ones, and a reserved ending (RFC 6761) for one's own. */
const simulatedHosts = ['*.company.net', '*.simulated.test']

/** Starts everything on this machine and returns once it answers. Executions that ran when the last process ended go on. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { folder } = options
  const facts = folder.readFacts()
  const table = readConfig(process.env).GRIDGATE_TABLE
  await requireReachable(process.env)
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end()
  }
  try {
    const gateway = await openGateway(options)
    stops.push(() => gateway.stop())
    const cluster = options.adopt ? await adopted(options, gateway, options.adopt) : await simulated(options)
    stops.push(() => cluster.stop())
    const kmsKey = process.env.GRIDGATE_KMS_KEY ?? (await putKey({ region, accountId, prefix }))
    const settings = functionSettings(options, { cluster, gateway, kmsKey, table })
    const cloud = await startCloud({
      file: (name) => folder.file(name),
      port: facts.awsPort ?? 0,
      region,
      accountId,
      prefix,
      table,
      functions: (environment) => functionRows(prefix, { ...environment, ...settings }, false),
      log: (event, fields) => options.log.info(event, fields),
    })
    stops.push(() => cloud.stop())
    const config = readConfig({ ...process.env, ...settings })
    await deploy({ table, prefix, region, accountId }, cloud.host)
    const ports = compose(config, { log: options.log })
    await ports.gatewayKeys.ensure()
    await cluster.register(ports)
    await gateway.serve((name) => compose(config, { log: options.log, aws: cloud.actAs(functionName(prefix, name)) }))
    cloud.resume()
    return { ...(await finish(options, { cluster, cloud, gateway, ports })), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The one cluster that the product starts with. */
interface ClusterAtHand {
  /** `host:port` pairs on this machine that functions may call. */
  addresses: string[]
  /** GRIDGATE_LOCAL_HOSTS. */
  hosts: string
  /** Path of a kubeconfig for it. */
  kubeconfig: string
  facts: Partial<Facts>
  adopted: Product['adopted']
  register(ports: Ports): Promise<void>
  stop(): Promise<void>
}

/** The simulated cluster waits to be registered by whoever likes to. */
async function simulated({ folder, log }: ProductOptions): Promise<ClusterAtHand> {
  const { kubePort = 0, ingressPort = 0 } = folder.readFacts()
  const cluster = await startCluster({ folder, port: kubePort, ingressPort, log })
  const kubeconfig = folder.file('kubeconfig')
  writeFileSync(kubeconfig, cluster.kubeconfig, { mode: 0o600 })
  chmodSync(kubeconfig, 0o600)
  const [server, ingress] = [new URL(cluster.url), new URL(cluster.ingress)]
  return {
    addresses: [server.host, ingress.host],
    hosts: simulatedHosts.map((name) => `${name}=${cluster.ingress}`).join(','),
    kubeconfig,
    facts: { kubePort: Number(server.port), ingressPort: Number(ingress.port) },
    adopted: null,
    register: async () => undefined,
    stop: cluster.stop,
  }
}

async function adopted(
  { folder, log }: ProductOptions,
  { url: gatewayUrl }: Gateway,
  adopt: AdoptOptions,
): Promise<ClusterAtHand> {
  const { addresses, register, stop, clusterId, context } = await startAdopted({ ...adopt, folder, gatewayUrl, log })
  const common = { addresses, register, stop, adopted: { clusterId, context } }
  return { ...common, hosts: '', kubeconfig: adopt.file, facts: {} }
}

/** Settings that the user's environment may hold; they are given on as they are. */
const givenOn: readonly (keyof Config)[] = [
  ...(['GRIDGATE_SNS_TOPICS', 'GRIDGATE_EVENTBRIDGE_SOURCES', 'GRIDGATE_WEBHOOK_SECRET'] as const),
  ...(['GRIDGATE_REDFISH_LOGIN', 'GRIDGATE_REPAIR_WEBHOOK_SECRET'] as const),
  ...(['GRIDGATE_NOTIFY_URLS', 'GRIDGATE_NOTIFY_SECRET', 'GRIDGATE_INFRA_CONFIG'] as const),
  ...(['GRIDGATE_OIDC_ISSUER', 'GRIDGATE_OIDC_AUDIENCE', 'GRIDGATE_OIDC_JWKS_URL', 'GRIDGATE_OIDC_CLIENTS'] as const),
  ...(['GRIDGATE_OIDC_ROLE_CLAIM', 'GRIDGATE_OIDC_CLUSTERS_CLAIM', 'GRIDGATE_RATE_LIMIT'] as const),
  'GRIDGATE_POLICY_TENANCY',
]

/** What functions are told beside the clients' settings. */
function functionSettings(
  { insecure, settings }: ProductOptions,
  { cluster, gateway, kmsKey, table }: { cluster: ClusterAtHand; gateway: Gateway; kmsKey: string; table: string },
): Record<string, string> {
  const config: Partial<Record<keyof Config, string>> = {
    GRIDGATE_ACCOUNT: accountId,
    GRIDGATE_TABLE: table,

    GRIDGATE_LOG_LEVEL: 'WARN',
    GRIDGATE_OUTBOUND_ALLOW: '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7',
    // The user's own clusters on this machine, such as kind's, beside the simulated one.
    GRIDGATE_OUTBOUND_LOCAL: [...cluster.addresses, process.env.GRIDGATE_OUTBOUND_LOCAL ?? ''].join(','),
    GRIDGATE_LOCAL_HOSTS: cluster.hosts,
    GRIDGATE_INSECURE: insecure ? '1' : '0',
    GRIDGATE_KMS_KEY: kmsKey,
    GRIDGATE_RATE_LIMIT: '0',
    GRIDGATE_INFRA_CONFIG: JSON.stringify({ gatewayUrl: gateway.url }),
  }
  for (const name of givenOn) if (process.env[name] !== undefined) config[name] = process.env[name]
  return { ...(config as Record<string, string>), ...settings }
}

async function finish(
  options: ProductOptions,
  parts: { cluster: ClusterAtHand; cloud: Cloud; gateway: Gateway; ports: Ports },
): Promise<Omit<Product, 'stop'>> {
  const { folder } = options
  const { cluster, cloud, gateway, ports } = parts
  const facts = folder.readFacts()
  const wanted = !facts.started || options.newKey
  const made = wanted
    ? await createApiKey(ports, { name: 'local', role: 'network-admin', clusters: '*', expiresAt: null })
    : null
  folder.writeFacts({
    ...facts,
    started: true,
    awsPort: Number(new URL(cloud.endpoint).port),
    ...cluster.facts,
  })
  return {
    url: gateway.url,
    key: made?.key ?? null,
    kubeconfig: cluster.kubeconfig,
    adopted: cluster.adopted,
    aws: { endpoint: cloud.endpoint, region, ...cloud.key },
  }
}
