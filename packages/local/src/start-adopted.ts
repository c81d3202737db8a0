import type { ControllerRole } from '@gridgate/controller/apps'
import type { Identity } from '@gridgate/controller/identity/identity'
import { fileIdentityStore } from '@gridgate/controller/identity/identity-store'
import { openMetricsDatabase } from '@gridgate/controller/metrics/database'
import { type RunningController, startController } from '@gridgate/controller/start-controller'
import { version } from '@gridgate/controller/version'
import { adoptCluster } from '@gridgate/core/cluster/adopt-cluster'
import { ClusterId } from '@gridgate/core/cluster/cluster'
import type { Asker } from '@gridgate/core/cluster/guard-document'
import type { UrlMap } from '@gridgate/core/cluster/url-map'
import { GridError } from '@gridgate/core/errors'
import type { JsonObject } from '@gridgate/core/json'
import { syncNodes } from '@gridgate/core/node/sync-nodes'
import type { Log, Ports } from '@gridgate/core/ports'
import { type KubeClient, openClient } from '@gridgate/kube/client'
import { ports as documented } from '@gridgate/kube/components/names'
import { readKubeconfigFile } from '@gridgate/kube/kubeconfig-file'
import { CannotAdopt } from './cannot-adopt.ts'
import type { DataFolder } from './data-folder.ts'

/** The controller listens for this machine alone. */
const host = '127.0.0.1'

interface Surroundings {
  folder: DataFolder
  gatewayUrl: string
  log: Log
}

/** Which cluster to adopt, as the command line says. */
export interface AdoptOptions {
  /** Path of the user's kubeconfig. */
  file: string
  /** The current one where it is not named. */
  context: string | null
  /** Made from the context's name where it is not given. */
  clusterId: string | null
}

/** The controller of an adopted cluster, in this process. */
export interface AdoptedCluster {
  clusterId: ClusterId
  context: string
  /** `host:port` of everything it listens on, and of the cluster's API server. */
  addresses: string[]
  /** Registers the cluster, or finds it again, with the addresses of this start. @throws {CannotAdopt} */
  register(ports: Ports): Promise<void>
  stop(): Promise<void>
}

const idCharactersMax = 48
/** How often its own metrics are collected, where METRICS_DATABASE_URL names the database that holds them. */
const collectIntervalSeconds = 30
/** Longest wait for the controller's key pair, in milliseconds. */
const openedMsMax = 10_000

/**
 * Starts the controller of a real cluster beside the gateway, with the rights of the user's own kubeconfig: nothing is
 * installed in the cluster and no image is needed (spec/decisions.md 10).
 * @throws {CannotAdopt}
 */
export function startAdopted(options: AdoptOptions & Surroundings): Promise<AdoptedCluster> {
  return asUsers(async () => {
    const { context, kubeconfig } = readKubeconfigFile(options.file, options.context ?? undefined)
    const clusterId = clusterIdOf(options.clusterId ?? idFrom(context))
    const kube = openClient(kubeconfig, { checkAddress: () => undefined })
    const clusterUid = await uidOf(kube)
    const roles = ['controller', 'metrics-reader'] as const
    // The gateway's keys are known once it runs; those after a rotation come with the replies to heartbeats.
    let keys: string | null = null
    const told = { ...options, gatewayKeys: () => keys }
    const running = await Promise.all(roles.map((role) => start(role, kube, clusterId, told)))
    const stop = async (): Promise<void> => void (await Promise.all(running.map((one) => one.stop())))
    const listening = Object.assign({}, ...running.map(({ ports }) => ports)) as Record<number, number>
    return {
      clusterId,
      context,
      addresses: [...Object.values(listening).map((port) => `${host}:${port}`), hostOf(kubeconfig.server)],
      register: (ports) =>
        asUsers(async () => {
          keys = JSON.stringify({ keys: await ports.gatewayKeys.publicKeys() })
          const { publicKey } = await identityOf(running)
          const adoption = { id: clusterId, document: documentOf(context), clusterUid, urlMap: urlMapOf(listening) }
          await adoptCluster(ports, { ...adoption, controllerKey: publicKey() as JsonObject }, admin)
          await readNodes(ports, clusterId, options.log)
        }),
      stop,
    }
  })
}

/** What Kubernetes knows of the nodes; a policy that refuses it leaves the cluster as it was. */
async function readNodes(ports: Ports, clusterId: ClusterId, log: Log): Promise<void> {
  try {
    await syncNodes(ports, { clusterId, isPruning: false, isDryRun: false }, admin)
  } catch (error) {
    if (!(error instanceof GridError)) throw error
    log.warn('cluster.sync_failed', { clusterId, code: error.code, reason: error.message })
  }
}

/** Whoever starts the server on their own machine. */
const admin: Asker = { caller: { id: 'local', role: 'network-admin', clusters: '*' }, requestId: null }

/** What the cluster or the file refuses is the user's to mend, and told without a stack. */
async function asUsers<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof GridError ? new CannotAdopt(error.message, { cause: error }) : error
  }
}

/** `host:port` of the API server, which the user named: services of ours may be built there, too. */
function hostOf(server: string): string {
  const { hostname, port } = new URL(server)
  return `${hostname === 'localhost' ? host : hostname}:${port || 443}`
}

const idFrom = (context: string): string =>
  context
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, idCharactersMax)
    .replaceAll(/^-+|-+$/g, '')

function clusterIdOf(text: string): ClusterId {
  const id = ClusterId.safeParse(text)
  if (id.success) return id.data
  throw new GridError('request.invalid', `${text} cannot be a cluster id: give one with --cluster-id`)
}

async function uidOf(kube: KubeClient): Promise<string> {
  const namespace = await kube.get({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' })
  if (!namespace?.metadata.uid) throw new GridError('kube.failed', 'the cluster has no namespace kube-system')
  return namespace.metadata.uid
}

async function start(
  role: ControllerRole,
  kube: KubeClient,
  clusterId: ClusterId,
  { folder, gatewayUrl, log, gatewayKeys }: Surroundings & { gatewayKeys: () => string | null },
): Promise<RunningController> {
  const metricsDatabaseUrl = process.env.METRICS_DATABASE_URL?.replace(/\/+$/, '') ?? null
  return startController({
    role,
    settings: {
      clusterId,
      publicHostname: host,
      publicScheme: 'http',
      useGateway: false,
      gatewayUrl,
      gatewayKeysFile: '',
      metricsDatabaseUrl,
      collectIntervalSeconds,
    },
    version,
    kube,
    database: openMetricsDatabase(() => metricsDatabaseUrl),
    identityStore: fileIdentityStore(folder.file(`controller-${clusterId}.json`)),
    gatewayKeys,
    host,
    listenOn: () => 0,
    log,
  })
}

async function identityOf(running: readonly RunningController[]): Promise<Identity> {
  const late = AbortSignal.timeout(openedMsMax)
  const waited = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new GridError('internal', "the controller's key file cannot be used")))
  })
  for (const identity of await Promise.race([Promise.all(running.map((one) => one.identity)), waited]))
    if (identity) return identity
  throw new GridError('internal', 'the controller was stopped')
}

const documentOf = (context: string): JsonObject => ({
  regionId: 'local',
  nodes: { nodeData: [] },
  config: { publicHostname: host },
  tags: ['adopted'],
  clusterMetadata: { name: context },
})

function urlMapOf(listening: Readonly<Record<number, number>>): UrlMap {
  const at = (port: number): string => `http://${host}:${listening[port]}`
  const controllerService = at(documented.controller)
  return {
    controllerService,
    metricsService: at(documented.metrics),
    blocksQuery: at(documented.blocks),
    publicGateway: controllerService,
    parameterUpdater: at(documented.management),
    membershipServer: controllerService,
  }
}
