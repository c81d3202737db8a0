import { chmodSync, writeFileSync } from 'node:fs'
import { createApiKey } from '@gridgate/core/auth/api-key'
import type { Log, Ports } from '@gridgate/core/ports'
import { compose } from '@gridgate/runtime/compose'
import { type Config, readConfig } from '@gridgate/runtime/config'
import { deploy } from './cloud/deploy.ts'
import { functionRows } from './cloud/function-rows.ts'
import { type Cloud, startCloud } from './cloud/start-cloud.ts'
import type { DataFolder } from './data-folder.ts'
import { type Gateway, openGateway } from './gateway/serve-gateway.ts'
import { type SimulatedCluster, startCluster } from './start-cluster.ts'

export interface Product {
  url: string
  /** A key for calls, only at the first start or when a new one was asked for. */
  key: string | null
  kubeconfig: string
  aws: { endpoint: string; region: string; accessKeyId?: string; secretAccessKey?: string }
  stop(): Promise<void>
}

export interface ProductOptions {
  folder: DataFolder
  host: string
  port: number
  insecure: boolean
  newKey: boolean
  log: Log
}

const region = 'us-east-1'
const accountId = '000000000000'

/** Host names that lead to the simulated cluster: the documented ones, and a reserved ending (RFC 6761) for one's own. */
const simulatedHosts = ['*.company.net', '*.simulated.test']

/** Starts everything on this machine and returns once it answers. Executions that ran when the last process ended go on. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { folder } = options
  const facts = folder.readFacts()
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end()
  }
  try {
    const gateway = await openGateway(options)
    stops.push(() => gateway.stop())
    const cluster = await startCluster({
      folder,
      port: facts.kubePort ?? 0,
      ingressPort: facts.ingressPort ?? 0,
      log: options.log,
    })
    stops.push(() => cluster.stop())
    const settings = functionSettings(folder, { cluster, gateway }, options.insecure)
    const cloud = await startCloud({
      file: (name) => folder.file(name),
      port: facts.awsPort ?? 0,
      region,
      accountId,
      functions: (environment) => functionRows('gridgate-', { ...environment, ...settings }, false),
      log: (event, fields) => options.log.info(event, fields),
    })
    stops.push(() => cloud.stop())
    const config = readConfig({ ...process.env, ...settings })
    await deploy({ table: config.GRIDGATE_TABLE, prefix: config.GRIDGATE_PREFIX, region, accountId })
    const ports = compose(config, { log: options.log })
    await gateway.serve(ports)
    cloud.resume()
    return { ...(await finish(options, { cluster, cloud, gateway, ports })), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What functions are told beside the clients' settings. */
function functionSettings(
  folder: DataFolder,
  { cluster, gateway }: { cluster: SimulatedCluster; gateway: Gateway },
  insecure: boolean,
): Record<string, string> {
  const config: Partial<Record<keyof Config, string>> = {
    GRIDGATE_ACCOUNT: accountId,
    GRIDGATE_LOG_LEVEL: 'WARN',
    GRIDGATE_OUTBOUND_ALLOW: '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7',
    // The user's own clusters on this machine, such as kind's, beside the simulated one.
    GRIDGATE_OUTBOUND_LOCAL: [
      new URL(cluster.url).host,
      new URL(cluster.ingress).host,
      process.env.GRIDGATE_OUTBOUND_LOCAL ?? '',
    ].join(','),
    GRIDGATE_LOCAL_HOSTS: simulatedHosts.map((name) => `${name}=${cluster.ingress}`).join(','),
    GRIDGATE_INSECURE: insecure ? '1' : '0',
    GRIDGATE_KEY_FOLDER: folder.path,
    GRIDGATE_INFRA_CONFIG: JSON.stringify({ gatewayUrl: gateway.url }),
  }
  return config as Record<string, string>
}

async function finish(
  options: ProductOptions,
  parts: { cluster: SimulatedCluster; cloud: Cloud; gateway: Gateway; ports: Ports },
): Promise<Omit<Product, 'stop'>> {
  const { folder } = options
  const { cluster, cloud, gateway, ports } = parts
  const facts = folder.readFacts()
  const kubeconfig = folder.file('kubeconfig')
  writeFileSync(kubeconfig, cluster.kubeconfig, { mode: 0o600 })
  chmodSync(kubeconfig, 0o600)
  const wanted = !facts.started || options.newKey
  const made = wanted
    ? await createApiKey(ports, { name: 'local', role: 'network-admin', clusters: '*', expiresAt: null })
    : null
  folder.writeFacts({
    started: true,
    awsPort: Number(new URL(cloud.endpoint).port),
    kubePort: Number(new URL(cluster.url).port),
    ingressPort: Number(new URL(cluster.ingress).port),
  })
  return {
    url: gateway.url,
    key: made?.key ?? null,
    kubeconfig,
    aws: { endpoint: cloud.endpoint, region, ...cloud.key },
  }
}
