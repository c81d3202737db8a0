import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { imageStart } from '../../packages/controller/test/containerfile.ts'
import type { Client } from '../../packages/kube/contract/client.ts'
import { tokenOf } from './installation.ts'
import { realCluster } from './real-cluster.ts'

const lookMs = 100
/** Every program listens on the documented ports, on a loopback address of its own. */
const host = '127.0.0.84'
const prefixes: Record<string, number> = { controller: 4000, metrics: 5000, blocks: 7500, mgmt: 10_000 }

/** One line that a program logged. */
export interface Logged {
  event: string
  level: string
  [field: string]: unknown
}

/** A program that was started in the place of a pod. */
export interface PlayedPod {
  child: ChildProcess
  image: string
  logged: Logged[]
}

export interface KubeletOptions {
  plain: Client
  clusterId: string
  folder: string
  /** Folder of the built program that stands behind an image. */
  programOf: (image: string) => string
}

/**
 * What a kubelet does, as far as the controller's pod goes: starts the program that was built for the image as the Deployment
 * says, with the settings and keys of its ConfigMaps and a bound token of its account; starts it again when it ends, and
 * another one in its place when the Deployment changes. Before it stands an ingress.
 */
export class PlayedKubelet {
  /** Every pod so far; the last one is the present one. */
  readonly pods: PlayedPod[] = []
  readonly #options: KubeletOptions
  readonly #ingress: Server
  #template = ''
  #isOver = false
  #work: Promise<void> = Promise.resolve()

  constructor(options: KubeletOptions) {
    this.#options = options
    this.#ingress = createServer((incoming, outgoing) => {
      const [, prefix = '', ...rest] = (incoming.url ?? '').split('/')
      const { method, headers } = incoming
      const onward = { host, port: prefixes[prefix], path: `/${rest.join('/')}`, method, headers }
      const forwarded = request(onward, (reply) => {
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(outgoing)
      })
      forwarded.on('error', () => outgoing.writeHead(503).end())
      incoming.pipe(forwarded)
    })
  }

  /** Where the ingress answers, once it was started. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#ingress.listen(0, '127.0.0.1', resolve))
    this.#work = this.#loop()
    return `http://127.0.0.1:${(this.#ingress.address() as AddressInfo).port}`
  }

  get present(): PlayedPod | undefined {
    return this.pods.at(-1)
  }

  /** Straight to the program, beside the ingress. */
  url(port: number): string {
    return `http://${host}:${port}`
  }

  /** Writes a new bound token where the program reads it, as a kubelet does long before the old one ends. */
  async rotateToken(): Promise<void> {
    const account = this.#file('account')
    mkdirSync(account, { recursive: true })
    writeFileSync(join(account, 'token'), await tokenOf(this.#options.plain, 'controllers', 'gridgate-controller'))
    writeFileSync(join(account, 'ca.crt'), realCluster().ca)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#work
    this.#ingress.closeAllConnections()
    this.#ingress.close()
    await this.#end()
  }

  async #loop(): Promise<void> {
    const { plain, clusterId } = this.#options
    while (!this.#isOver) {
      const { status, body } = await plain.get(
        `/apis/apps/v1/namespaces/controllers/deployments/${clusterId}-controller`,
      )
      const template = status === 200 ? JSON.stringify(body.spec.template) : ''
      if (template !== this.#template) await this.#end() // Recreate: the old one first
      const isEnded = this.present === undefined || hasEnded(this.present.child)
      if (template !== '' && isEnded) await this.#begin(body.spec.template.spec.containers[0].image)
      this.#template = template
      await delay(lookMs)
    }
  }

  async #begin(image: string): Promise<void> {
    const { plain, clusterId, programOf } = this.#options
    const configMap = async (name: string): Promise<Record<string, string>> =>
      (await plain.get(`/api/v1/namespaces/controllers/configmaps/${clusterId}-controller-${name}`)).body.data
    const keys = this.#file('jwks.json')
    writeFileSync(keys, (await configMap('gateway-keys'))['jwks.json'] ?? '')
    await this.rotateToken()
    const { hostname, port } = new URL(realCluster().url)
    const { command, args, env } = imageStart(programOf(image))
    const child = spawn(command, [...args, 'controller', '--host', host], {
      env: {
        ...env,
        ...(await configMap('config')),
        GRIDGATE_GATEWAY_KEYS_FILE: keys,
        GRIDGATE_ACCOUNT_FOLDER: this.#file('account'),
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pod: PlayedPod = { child, image, logged: [] }
    createInterface({ input: child.stdout }).on('line', (line) => pod.logged.push(JSON.parse(line) as Logged))
    this.pods.push(pod)
  }

  async #end(): Promise<void> {
    const child = this.present?.child
    if (!child || hasEnded(child)) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }

  #file(name: string): string {
    return join(this.#options.folder, name)
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
