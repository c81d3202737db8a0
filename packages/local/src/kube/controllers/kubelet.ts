import type { Tokens } from '../auth/tokens.ts'
import { keyOf, splitKey } from '../object.ts'
import type { ImageRegistry } from '../programs.ts'
import { type Condition, type ContainerStatus, isFinished, type Node, type Pod, withCondition } from '../shapes.ts'
import { ContainerRunner, type RunnerState } from './container-runner.ts'
import { isPowered } from './nodes.ts'
import { podEnvironment, podFiles } from './pod-inputs.ts'
import type { Controller, ControllerContext } from './runner.ts'

const manager = 'kubelet'

/** Plays the kubelet of every node: starts the programs of pods, reports on them, ends them. */
export class Kubelet implements Controller {
  readonly name = 'kubelet'
  readonly #context: ControllerContext
  readonly #tokens: Tokens
  readonly #images: ImageRegistry
  /** By pod uid. */
  readonly #runners = new Map<string, { key: string; containers: ContainerRunner[] }>()
  #wake: (key: string) => void = () => undefined

  constructor(context: ControllerContext, tokens: Tokens, images: ImageRegistry) {
    this.#context = context
    this.#tokens = tokens
    this.#images = images
  }

  /** Sets what is called when a program's state changes by itself. */
  onChange(wake: (key: string) => void): void {
    this.#wake = wake
  }

  keysOf(change: Parameters<Controller['keysOf']>[0]): string[] {
    if (change.storeKey === 'pods') return [keyOf(change.object.metadata)]
    const pods = this.#context.store.list('pods') as Pod[]
    if (change.storeKey === 'nodes')
      return pods.filter((pod) => pod.spec.nodeName === change.object.metadata.name).map((pod) => keyOf(pod.metadata))
    // A container may wait for a ConfigMap or Secret of its namespace.
    if (change.type !== 'ADDED' || (change.storeKey !== 'configmaps' && change.storeKey !== 'secrets')) return []
    return pods
      .filter((pod) => pod.metadata.namespace === change.object.metadata.namespace && !isFinished(pod))
      .map((pod) => keyOf(pod.metadata))
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key)
    const { store } = this.#context
    const pod = store.get('pods', namespace, name) as Pod | undefined
    this.#dropOthers(key, pod?.metadata.uid)
    if (!pod?.spec.nodeName) return undefined
    const node = store.get('nodes', undefined, pod.spec.nodeName) as Node | undefined
    if (!node || !isPowered(node)) {
      this.#stopPod(pod.metadata.uid)
      return undefined
    }
    if (pod.metadata.deletionTimestamp) return this.#end(pod)
    if (isFinished(pod)) {
      this.#stopPod(pod.metadata.uid)
      return undefined
    }
    this.#run(pod)
    return this.#report(pod)
  }

  /** The lines that a container has written, or undefined when it does not run here. */
  logOf(pod: { namespace: string; name: string }, container: string): string | undefined {
    return this.#containerOf(keyOf(pod), container)?.logText()
  }

  /** The loopback port behind a container port of a pod, or undefined. */
  portOf(pod: Pod, containerPort: number): number | undefined {
    const runner = this.#runners.get(pod.metadata.uid)
    return runner?.containers.map((each) => each.portOf(containerPort)).find((port) => port !== undefined)
  }

  /** Ends all programs. */
  async stop(): Promise<void> {
    const all = [...this.#runners.values()].flatMap((each) => each.containers)
    this.#runners.clear()
    await Promise.all(all.map((runner) => runner.stop()))
  }

  #containerOf(key: string, container: string): ContainerRunner | undefined {
    const runner = [...this.#runners.values()].find((each) => each.key === key)
    return runner?.containers.find((each) => each.name === container)
  }

  #dropOthers(key: string, uid: string | undefined): void {
    for (const [other, runner] of this.#runners) if (runner.key === key && other !== uid) this.#stopPod(other)
  }

  #stopPod(uid: string): void {
    const runner = this.#runners.get(uid)
    this.#runners.delete(uid)
    for (const container of runner?.containers ?? []) void container.stop()
  }

  /** Removes the pod once its programs have ended. */
  #end(pod: Pod): undefined {
    const { objects, store } = this.#context
    const { uid, namespace, name } = pod.metadata
    const containers = this.#runners.get(uid)?.containers ?? []
    this.#runners.delete(uid)
    const finish = (): void => {
      if (store.get('pods', namespace, name)?.metadata.uid !== uid) return
      objects.delete(objects.resources.get('pods'), namespace, name, { gracePeriodSeconds: 0, uid })
    }
    if (containers.length === 0) finish()
    else void Promise.all(containers.map((each) => each.stop())).then(finish)
    return undefined
  }

  #run(pod: Pod): void {
    if (this.#runners.has(pod.metadata.uid)) return
    const key = keyOf(pod.metadata)
    const { clock } = this.#context
    const containers = pod.spec.containers.map(
      (container) =>
        new ContainerRunner(
          container,
          this.#images(container.image ?? ''),
          pod.spec.restartPolicy ?? 'Always',
          clock,
          () => this.#wake(key),
        ),
    )
    this.#runners.set(pod.metadata.uid, { key, containers })
  }

  #report(pod: Pod): number | undefined {
    const runner = this.#runners.get(pod.metadata.uid)
    if (!runner) return undefined
    const ip = pod.status?.podIP ?? this.#freeIp()
    const states = runner.containers.map((container) => container.advance(() => this.#inputs(pod, container, ip)))
    const now = this.#context.objects.now()
    const phase = phaseOf(pod, states)
    const allReady = phase === 'Running' && states.every((state) => state.isReady)
    const host = this.#hostIp(pod)
    this.#context.objects.mutate<Pod>(
      'pods',
      pod,
      (draft) => {
        let conditions = draft.status?.conditions
        for (const condition of conditionsOf(phase, allReady)) conditions = withCondition(conditions, condition, now)
        draft.status = {
          ...draft.status,
          phase,
          ...(conditions ? { conditions } : {}),
          ...{ hostIP: host, hostIPs: [{ ip: host }], podIP: ip, podIPs: [{ ip }] },
          startTime: draft.status?.startTime ?? now,
          containerStatuses: states.map((state) => state.status),
          ...initStatuses(pod),
        }
      },
      { manager, subresource: 'status' },
    )
    const again = states.map((state) => state.againAt).filter((at) => at !== undefined)
    return again.length === 0 ? undefined : Math.min(...again)
  }

  #inputs(pod: Pod, container: ContainerRunner, ip: string): ReturnType<Parameters<ContainerRunner['advance']>[0]> {
    const { objects, store, clock } = this.#context
    const { namespace = '', name, uid, labels = {} } = pod.metadata
    const account = store.get('serviceaccounts', namespace, pod.spec.serviceAccountName ?? 'default')
    const spec = pod.spec.containers.find((each) => each.name === container.name)
    if (!account || !spec) return { missing: 'serviceaccount not found' }
    const environment = podEnvironment(objects.store, pod, spec, ip)
    const files = podFiles(objects.store, pod, spec)
    const missing = environment.missing ?? files.missing
    if (missing !== undefined) return { missing }
    return {
      pod: { namespace, name, uid, ip, nodeName: pod.spec.nodeName ?? '', labels },
      env: environment.values,
      files: files.values,
      serviceAccountToken: this.#tokens.issue(account, clock.now(), podTokenSeconds).token,
    }
  }

  /** Pods live in 10.244.0.0/16. */
  #freeIp(): string {
    const taken = new Set((this.#context.store.list('pods') as Pod[]).map((pod) => pod.status?.podIP))
    for (let host = 258; host < 65_535; host += 1) {
      const ip = `10.244.${host >> 8}.${host & 255}`
      if (!taken.has(ip)) return ip
    }
    return '10.244.255.255'
  }

  #hostIp(pod: Pod): string {
    const node = this.#context.store.get('nodes', undefined, pod.spec.nodeName ?? '') as Node | undefined
    return node?.status?.addresses?.find((address) => address.type === 'InternalIP')?.address ?? '127.0.0.1'
  }
}

/** Long enough that a program need not renew it (one year). */
const podTokenSeconds = 31_536_000

function phaseOf(pod: Pod, states: readonly RunnerState[]): string {
  if (states.every((state) => state.exitCode !== undefined))
    return states.every((state) => state.exitCode === 0) ? 'Succeeded' : 'Failed'
  const hasStarted = states.some((state) => state.hasStarted)
  return hasStarted && states.every((state) => state.hasStarted || state.exitCode !== undefined)
    ? 'Running'
    : pod.status?.phase === 'Running'
      ? 'Running'
      : 'Pending'
}

/** Init containers prepare what programs of this process do not need: they are not run and count as done. */
function initStatuses(pod: Pod): { initContainerStatuses?: ContainerStatus[] } {
  if (!pod.spec.initContainers) return {}
  const terminated = { exitCode: 0, reason: 'Completed', message: 'simulated: not run' }
  return {
    initContainerStatuses: pod.spec.initContainers.map(({ name, image = '' }) => ({
      ...{ name, image, imageID: `simulated://${image}` },
      ...{ ready: true, started: false, restartCount: 0, state: { terminated }, lastState: {} },
    })),
  }
}

function conditionsOf(phase: string, allReady: boolean): Condition[] {
  const ended = phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}
  const ready = allReady
    ? { status: 'True' as const }
    : { status: 'False' as const, reason: 'ContainersNotReady', message: 'containers with unready status', ...ended }
  return [
    { type: 'PodReadyToStartContainers', status: phase === 'Pending' || phase === 'Running' ? 'True' : 'False' },
    { type: 'Initialized', status: 'True', ...ended },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...ready },
    { type: 'PodScheduled', status: 'True' },
  ]
}
