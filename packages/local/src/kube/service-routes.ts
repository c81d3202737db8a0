import { podsBehind, targetPortOf } from './controllers/endpoints.ts'
import type { Kubelet } from './controllers/kubelet.ts'
import { type KubeObject, textAt, treesAt } from './object.ts'
import type { Service, ServicePort } from './shapes.ts'
import type { Store } from './store.ts'

/** Finds the loopback program behind what is reachable from outside a cluster: NodePorts and the paths of its ingress. */
export class ServiceRoutes {
  readonly #store: Store
  readonly #kubelet: Kubelet

  constructor({ store }: { store: Store }, kubelet: Kubelet) {
    this.#store = store
    this.#kubelet = kubelet
  }

  /** The URL of the program behind a NodePort, or null while no ready pod is. */
  endpointFor(nodePort: number): string | null {
    for (const service of this.#store.list('services') as Service[]) {
      const port = service.spec.ports?.find((each) => each.nodePort === nodePort)
      if (port) return this.#urlOf(service, port)
    }
    return null
  }

  /**
   * The URL of the program behind a cluster-internal name (`name.namespace`, `….svc`, `….svc.cluster.local`) and port, or null
   * while no ready pod is.
   */
  resolveService(hostname: string, port: number): string | null {
    const [, name = '', namespace = ''] = /^([\w-]+)\.([\w-]+)(?:\.svc(?:\.cluster\.local)?)?$/.exec(hostname) ?? []
    const service = this.#store.get('services', namespace, name) as Service | undefined
    const found = service?.spec.ports?.find((each) => each.port === port)
    return service && found ? this.#urlOf(service, found) : null
  }

  /**
   * The URL behind a path of the ingress, or null. Mappings (`prefix`, `service`, `rewrite`) and HTTPRoutes with path prefixes
   * are followed, the longest prefix wins. The older annotation `getambassador.io/config` is not read.
   */
  routeFor(path: string): string | null {
    const routes = [...this.#mappings(), ...this.#httpRoutes()].filter((route) => isBelow(path, route.prefix))
    const [best] = routes.sort((a, b) => b.prefix.length - a.prefix.length)
    if (!best) return null
    const service = this.#store.get('services', best.namespace, best.service) as Service | undefined
    const port = service?.spec.ports?.find((each) => each.port === best.port) ?? service?.spec.ports?.[0]
    const url = service && port ? this.#urlOf(service, port) : null
    if (url === null) return null
    const rest = path.slice(best.prefix.replace(/\/$/, '').length)
    return url + (best.rewrite === undefined ? path : joined(best.rewrite, rest))
  }

  #urlOf(service: Service, port: ServicePort): string | null {
    for (const pod of podsBehind({ store: this.#store }, service).ready) {
      const target = targetPortOf(pod, port)
      const loopback = target === undefined ? undefined : this.#kubelet.portOf(pod, target)
      if (loopback !== undefined) return `http://127.0.0.1:${loopback}`
    }
    return null
  }

  #mappings(): Route[] {
    return this.#store.list('mappings.getambassador.io').flatMap((mapping) => {
      const [, name = '', namespace, port] =
        /^(?:https?:\/\/)?([\w-]+)(?:\.([\w-]+))?[\w.-]*(?::(\d+))?$/.exec(textAt(mapping, 'spec', 'service')) ?? []
      const rewrite = (mapping.spec as { rewrite?: unknown } | undefined)?.rewrite
      const route: Route = {
        prefix: textAt(mapping, 'spec', 'prefix'),
        service: name,
        namespace: namespace ?? mapping.metadata.namespace ?? '',
        port: Number(port ?? 80),
        rewrite: '/',
      }
      // An empty rewrite means: leave the path as it is (Emissary documentation, "rewrite").
      if (rewrite === '') route.rewrite = undefined
      else if (typeof rewrite === 'string') route.rewrite = rewrite
      return route.prefix === '' ? [] : [route]
    })
  }

  #httpRoutes(): Route[] {
    return this.#store
      .list('httproutes.gateway.networking.k8s.io')
      .flatMap((route) => treesAt(route, 'spec', 'rules').flatMap((rule) => rulesRoutes(route, rule)))
  }
}

interface Route {
  prefix: string
  namespace: string
  service: string
  port: number
  /** What stands in place of the prefix; undefined leaves the path as it is. */
  rewrite: string | undefined
}

function rulesRoutes(route: KubeObject, rule: Record<string, unknown>): Route[] {
  const [backend] = treesAt(rule, 'backendRefs')
  if (!backend) return []
  const rewrite = treesAt(rule, 'filters')
    .map((filter) => textAt(filter, 'urlRewrite', 'path', 'replacePrefixMatch'))
    .find((each) => each !== '')
  const matches = treesAt(rule, 'matches')
  return (matches.length === 0 ? [{}] : matches).map((match) => ({
    prefix: textAt(match, 'path', 'value') || '/',
    namespace: textAt(backend, 'namespace') || (route.metadata.namespace ?? ''),
    service: textAt(backend, 'name'),
    port: Number(backend.port ?? 80),
    rewrite,
  }))
}

const isBelow = (path: string, prefix: string): boolean => {
  const bare = prefix.replace(/\/$/, '')
  return path === bare || path.startsWith(`${bare}/`) || path.startsWith(`${bare}?`)
}

const joined = (rewrite: string, rest: string): string => `${rewrite.replace(/\/$/, '')}/${rest.replace(/^\//, '')}`
