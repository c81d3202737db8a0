import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** What the Deployment tells the controller (packages/kube/src/components/controller.ts). */
const Environment = z.object({
  CLUSTER_ID: z.string().min(1),
  PUBLIC_HOSTNAME: z.string().min(1),
  PUBLIC_SCHEME: z.enum(['http', 'https']).default('http'),
  GRIDGATE_EXPOSURE: z.enum(['node-port', 'mapping', 'http-route']).default('node-port'),
  GRIDGATE_GATEWAY_URL: z.url(),
  /** A JWK set; read anew, because the ConfigMap behind it changes when the gateway's keys rotate. */
  GRIDGATE_GATEWAY_KEYS_FILE: z.string().min(1),
  METRICS_DATABASE_URL: z.url().optional(),
  COLLECT_INTERVAL: z.coerce.number().positive().default(30),
})

export interface ControllerSettings {
  clusterId: string
  publicHostname: string
  publicScheme: 'http' | 'https'
  /** Behind the cluster's ingress; on NodePorts otherwise. */
  useGateway: boolean
  /** Without a slash at the end. */
  gatewayUrl: string
  gatewayKeysFile: string
  /** Null where no metrics database is known. */
  metricsDatabaseUrl: string | null
  /** How often the nodes' metrics are collected. */
  collectIntervalSeconds: number
}

/** @throws with the names of the variables that are missing or wrong */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): ControllerSettings {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success)
    throw new Error(`missing or wrong: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`)
  const { CLUSTER_ID, PUBLIC_HOSTNAME, PUBLIC_SCHEME, GRIDGATE_EXPOSURE } = parsed.data
  const { GRIDGATE_GATEWAY_URL, GRIDGATE_GATEWAY_KEYS_FILE, METRICS_DATABASE_URL, COLLECT_INTERVAL } = parsed.data
  return {
    clusterId: CLUSTER_ID,
    publicHostname: PUBLIC_HOSTNAME,
    publicScheme: PUBLIC_SCHEME,
    useGateway: GRIDGATE_EXPOSURE !== 'node-port',
    gatewayUrl: GRIDGATE_GATEWAY_URL.replace(/\/+$/, ''),
    gatewayKeysFile: GRIDGATE_GATEWAY_KEYS_FILE,
    metricsDatabaseUrl: METRICS_DATABASE_URL?.replace(/\/+$/, '') ?? null,
    collectIntervalSeconds: COLLECT_INTERVAL,
  }
}

/** The API server of the cluster that the controller runs in, and what it shows there. */
export interface ApiServer {
  url: string
  /** PEM. */
  ca: string
  token(): string
}

/** Where kubelets mount a pod's account. */
const accountFolderDefault = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The way every pod has to its API server (Kubernetes documentation, "Accessing the Kubernetes API from a Pod"). The token is read anew each time, because it is rotated. */
export function inClusterApiServer(environment: Readonly<Record<string, string | undefined>>): ApiServer {
  const { KUBERNETES_SERVICE_HOST: host = 'kubernetes.default.svc', KUBERNETES_SERVICE_PORT: port = '443' } =
    environment
  const folder = environment.GRIDGATE_ACCOUNT_FOLDER ?? accountFolderDefault
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: readFileSync(`${folder}/ca.crt`, 'utf8'),
    token: () => readFileSync(`${folder}/token`, 'utf8').trim(),
  }
}
