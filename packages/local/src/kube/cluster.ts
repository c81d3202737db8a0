import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'
import { type Certificates, certificatesIn } from './auth/certificates.ts'
import { Tokens } from './auth/tokens.ts'
import { bootstrap, fixtureNodes, type NodeSpec } from './bootstrap.ts'
import { controllersOf } from './controllers/all.ts'
import { serveDefinitions } from './controllers/definitions.ts'
import { Kubelet } from './controllers/kubelet.ts'
import { Runner } from './controllers/runner.ts'
import { FaultInjector, type Faults } from './faults.ts'
import { kubeconfigText } from './kubeconfig.ts'
import type { KubeObject } from './object.ts'
import { Objects } from './objects.ts'
import type { ImageRegistry } from './programs.ts'
import { Resources } from './resources.ts'
import { kubeServer } from './server.ts'
import { ServiceRoutes } from './service-routes.ts'
import { Store } from './store.ts'

export interface SimulatedClusterOptions {
  /** Where certificates, tokens and objects are kept. */
  folder: string
  /** 0 picks a free one. */
  port: number
  host?: string
  clock?: Clock
  images: ImageRegistry
  /** The nodes of a new cluster; those of the fixture when absent. */
  nodes?: readonly NodeSpec[]
  /** Called once per answered request. */
  onRequest?: (line: { method: string; path: string; user: string; status: number }) => void
  /** Called for errors that are defects. */
  onError?: (error: unknown) => void
  faults?: Faults
  /** Objects live in memory only; certificates and tokens are still kept in the folder. */
  inMemory?: boolean
  /** The API server alone: no controllers, scheduler or kubelets, so that objects stay as they were written. */
  apiOnly?: boolean
}

export interface SimulatedCluster {
  url: string
  /** The cluster's CA certificate, PEM. */
  caPem: string
  adminToken: string
  /**
   * A kubeconfig as YAML text: `admin` (client certificate), `admin-token`, or `namespace/name` of a ServiceAccount.
   * @throws {StatusError} 404 for a ServiceAccount that is not there.
   */
  kubeconfig(user?: string): string
  /** The URL of the program behind a NodePort, or null while no ready pod is. */
  endpointFor(nodePort: number): string | null
  /** The URL of the program behind `name.namespace[.svc[.cluster.local]]` and a port of that Service, or null. */
  resolveService(hostname: string, port: number): string | null
  /** The URL of the program behind a path of the ingress (Mapping prefix or HTTPRoute), rewritten, or null. */
  routeFor(path: string): string | null
  /** Sets or takes away failures on the wire. */
  setFaults(faults: Faults | undefined): void
  /** Every stored object, or those of one kind (`pods`, `deployments.apps`). */
  objects(storeKey?: string): KubeObject[]
  /** Forgets the change log up to now, so that older watches and lists get 410. */
  compact(): void
  /** Resolves when the controllers have nothing to do. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** One year. */
const accountTokenSeconds = 31_536_000

/** Starts a simulated Kubernetes cluster: API server, controllers, scheduler and nodes, in this process. */
export async function startSimulatedCluster(options: SimulatedClusterOptions): Promise<SimulatedCluster> {
  const clock = options.clock ?? systemClock
  const host = options.host ?? '127.0.0.1'
  const onError = options.onError ?? (() => undefined)
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  const certificates = await certificatesIn(options.folder, [...new Set(['127.0.0.1', 'localhost', '::1', host])])
  const tokens = new Tokens(options.folder)
  const store = new Store(options.inMemory ? ':memory:' : join(options.folder, 'objects.sqlite'))
  const resources = new Resources()
  const objects = new Objects(store, resources, clock)
  const context = { objects, store, clock }
  const stopServing = serveDefinitions(store, resources)
  bootstrap(objects, options.nodes ?? fixtureNodes())
  const kubelet = new Kubelet(context, tokens, options.images)
  const runner = new Runner(context, [...controllersOf(context, certificates.authority.certificate), kubelet], onError)
  kubelet.onChange((key) => runner.wake(kubelet, key))
  const faults = new FaultInjector()
  faults.set(options.faults)
  const api = { objects, tokens, logOf: kubelet.logOf.bind(kubelet) }
  const server = kubeServer({ context: api, certificates, faults, onRequest: options.onRequest, onError })
  if (!options.apiOnly) runner.start()
  await runner.settled()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port, host, resolve))
  const url = `https://${host}:${(server.address() as AddressInfo).port}`
  return {
    ...accessTo(url, certificates, tokens, objects),
    ...lookInto(new ServiceRoutes(context, kubelet), store),
    setFaults: (next) => faults.set(next),
    settled: () => runner.settled(),
    async stop() {
      runner.stop()
      stopServing()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await kubelet.stop()
      store.close()
    },
  }
}

type Access = Pick<SimulatedCluster, 'url' | 'caPem' | 'adminToken' | 'kubeconfig'>

function accessTo(url: string, certificates: Certificates, tokens: Tokens, objects: Objects): Access {
  const authority = certificates.authority.certificate
  return {
    url,
    caPem: authority,
    adminToken: tokens.adminToken,
    kubeconfig(user = 'admin') {
      if (user === 'admin') return kubeconfigText(url, authority, { certificate: certificates.admin })
      if (user === 'admin-token') return kubeconfigText(url, authority, { token: tokens.adminToken })
      const [namespace, name = ''] = user.split('/')
      const account = objects.get(objects.resources.get('serviceaccounts'), namespace, name)
      const { token } = tokens.issue(account, objects.clock.now(), accountTokenSeconds)
      return kubeconfigText(url, authority, { token })
    },
  }
}

type View = Pick<SimulatedCluster, 'endpointFor' | 'resolveService' | 'routeFor' | 'objects' | 'compact'>

const lookInto = (routes: ServiceRoutes, store: Store): View => ({
  endpointFor: (nodePort) => routes.endpointFor(nodePort),
  resolveService: (hostname, port) => routes.resolveService(hostname, port),
  routeFor: (path) => routes.routeFor(path),
  objects: (storeKey) => (storeKey === undefined ? store.storeKeys() : [storeKey]).flatMap((key) => store.list(key)),
  compact: () => store.compact(store.revision),
})
