import { isDeepStrictEqual } from 'node:util'
import { keyOf, splitKey, type Tree } from '../object.ts'
import { plainSelector } from '../selectors.ts'
import { isFinished, isReady, type Pod, type Service, type ServicePort } from '../shapes.ts'
import type { Controller, ControllerContext } from './runner.ts'

const slices = 'endpointslices.discovery.k8s.io'
const manager = 'endpoint-controller'

/** Keeps Endpoints and an EndpointSlice of each Service that selects pods. */
export function endpointsController(context: ControllerContext): Controller {
  const { objects, store } = context
  return {
    name: 'endpoints',
    keysOf(change) {
      if (change.storeKey === 'services') return [keyOf(change.object.metadata)]
      if (change.storeKey !== 'pods') return []
      const labels = [change.object, change.previous].map((object) => object?.metadata.labels ?? {})
      const services = store.list('services', change.object.metadata.namespace) as Service[]
      return services
        .filter((service) => labels.some(plainSelector(service.spec.selector)))
        .map((service) => keyOf(service.metadata))
    },
    reconcile(key) {
      const { namespace, name } = splitKey(key)
      const service = store.get('services', namespace, name) as Service | undefined
      for (const storeKey of ['endpoints', slices])
        if (!service && store.get(storeKey, namespace, name))
          objects.delete(objects.resources.get(storeKey), namespace, name)
      if (service?.spec.selector && !service.metadata.deletionTimestamp) write(context, service)
      return undefined
    },
  }
}

/** The container port that a service port leads to in a pod, or undefined. */
export function targetPortOf(pod: Pod, port: ServicePort): number | undefined {
  if (typeof port.targetPort === 'number') return port.targetPort
  const named = pod.spec.containers.flatMap((container) => container.ports ?? [])
  return named.find((each) => each.name === port.targetPort)?.containerPort
}

/** The pods behind a Service, ready ones apart. */
export function podsBehind(
  { store }: Pick<ControllerContext, 'store'>,
  service: Service,
): { ready: Pod[]; notReady: Pod[] } {
  const selects = plainSelector(service.spec.selector)
  const pods = (store.list('pods', service.metadata.namespace) as Pod[]).filter(
    (pod) =>
      selects(pod.metadata.labels ?? {}) && pod.status?.podIP && !isFinished(pod) && !pod.metadata.deletionTimestamp,
  )
  const counts = (pod: Pod): boolean => service.spec.publishNotReadyAddresses === true || isReady(pod)
  return { ready: pods.filter(counts), notReady: pods.filter((pod) => !counts(pod)) }
}

function write(context: ControllerContext, service: Service): void {
  const { ready, notReady } = podsBehind(context, service)
  const target = (pod: Pod): Tree => ({
    kind: 'Pod',
    namespace: pod.metadata.namespace,
    name: pod.metadata.name,
    uid: pod.metadata.uid,
  })
  const address = (pod: Pod): Tree => ({ ip: pod.status?.podIP, nodeName: pod.spec.nodeName, targetRef: target(pod) })
  const [sample] = [...ready, ...notReady]
  const ports = (service.spec.ports ?? []).map((port) => ({
    ...(port.name ? { name: port.name } : {}),
    port: (sample && targetPortOf(sample, port)) ?? port.port,
    protocol: port.protocol ?? 'TCP',
  }))
  const addresses = {
    ...(ready.length > 0 ? { addresses: ready.map(address) } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady.map(address) } : {}),
  }
  store(context, service, 'endpoints', { subsets: sample ? [{ ...addresses, ports }] : [] })
  const endpoints = [...ready, ...notReady].map((pod) => ({
    addresses: [pod.status?.podIP],
    conditions: { ready: ready.includes(pod), serving: ready.includes(pod), terminating: false },
    nodeName: pod.spec.nodeName,
    targetRef: target(pod),
  }))
  store(context, service, slices, { addressType: 'IPv4', endpoints, ports })
}

function store({ objects, store: all }: ControllerContext, service: Service, storeKey: string, content: Tree): void {
  const { namespace, name } = service.metadata
  const existing = all.get(storeKey, namespace, name)
  if (existing) {
    const same = Object.entries(content).every(([member, value]) =>
      isDeepStrictEqual(JSON.parse(JSON.stringify(value)), existing[member] ?? []),
    )
    if (!same) objects.mutate(storeKey, existing, (draft) => void Object.assign(draft, content), { manager })
    return
  }
  const labels = storeKey === slices ? { 'kubernetes.io/service-name': name } : {}
  const owner = {
    apiVersion: 'v1',
    kind: 'Service',
    name,
    uid: service.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  objects.create(
    objects.resources.get(storeKey),
    namespace,
    { metadata: { name, namespace, labels, ownerReferences: [owner] }, ...content },
    { manager },
  )
}
