import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { GatewayKeys } from '@gridgate/core/controller/gateway-keys'
import { localKmsKey } from '@gridgate/local/cloud/start-cloud'
import { type DataFolder, openDataFolder } from '@gridgate/local/data-folder'
import { type Product, startProduct } from '@gridgate/local/start-product'
import { compose } from '@gridgate/runtime/compose'
import { readConfig } from '@gridgate/runtime/config'
import { buildController } from '../../packages/controller/build.ts'
import type { Answer } from '../../packages/kube/contract/client.ts'
import { temporaryFolder } from '../e2e/product.ts'
import { plainClient } from './installation.ts'
import { played } from './played-cluster.ts'
import { PlayedKubelet } from './played-kubelet.ts'
import { realCluster } from './real-cluster.ts'

export const id = 'cluster-west-vision-001'
export const image = 'ghcr.io/gridgate/controller:0.1.0'
export const nextImage = 'ghcr.io/gridgate/controller:0.2.0'
const finishSecondsMax = 120
const environment = { ...process.env }
const lookMs = 100

interface Task {
  task_status: string
  task_status_data: {
    error?: string
    controller?: string
    steps?: { name: string; detail: string | null }[]
  }
}

export interface Reply {
  status: number
  data: Answer['body']
}

/** The whole product on the real control plane, and the program of the controller's image as a process of its own. */
export class ShippedProduct {
  readonly kubelet: PlayedKubelet
  readonly #folder = temporaryFolder()
  readonly #data: DataFolder
  #product: Product | null = null
  #key = ''

  /** The administrator, beside everything of ours. */
  readonly plain = plainClient()

  /** With its infrastructure built. */
  static async installed(): Promise<ShippedProduct> {
    const product = new ShippedProduct()
    await product.start()
    await product.install()
    return product
  }

  private constructor() {
    this.#data = openDataFolder(join(this.#folder.path, 'data'))
    this.kubelet = new PlayedKubelet({
      plain: this.plain,
      clusterId: id,
      folder: this.#folder.path,
      programOf: (name) => this.#program(name),
    })
  }

  /** What the gateway signs with: this process acts as the owner of its cloud. */
  get gatewayKeys(): GatewayKeys {
    const GRIDGATE_KMS_KEY = localKmsKey({ region: 'us-east-1', accountId: '000000000000' })
    return compose(readConfig({ ...process.env, GRIDGATE_KMS_KEY })).gatewayKeys
  }

  get gatewayUrl(): string {
    return this.#product?.url ?? ''
  }

  /** Builds the program, starts everything, registers the cluster. */
  async start(): Promise<void> {
    const { folder } = await buildController(this.#program(image))
    // The next release: the same program, but for the version that it says.
    await cp(folder, this.#program(nextImage), { recursive: true, verbatimSymlinks: true })
    const program = join(this.#program(nextImage), 'gridgate-controller.mjs')
    await writeFile(program, (await readFile(program, 'utf8')).replaceAll('"0.1.0"', '"0.2.0"'))
    played.ingress = await this.kubelet.start()
    await this.startGateway()
    const document = new URL('../../packages/local/src/tour/cluster-west-vision-001.json', import.meta.url)
    const created = await this.call('POST', '/clusters/create', JSON.parse(await readFile(document, 'utf8')))
    if (created.status !== 200) throw new Error(`not registered: ${JSON.stringify(created)}`)
  }

  /** Starts the gateway, with other images where that is asked for. */
  async startGateway(images?: { controller: string }): Promise<void> {
    // The gateway's address is part of every controller's configuration, so it must stay the same.
    const port = this.#product ? Number(new URL(this.#product.url).port) : 0
    await this.#product?.stop()
    // The last start pointed the AWS clients of this process at services of its own.
    process.env = { ...environment }
    if (images) process.env.GRIDGATE_INFRA_CONFIG = JSON.stringify({ gatewayUrl: this.gatewayUrl, images })
    this.#product = await startProduct({
      folder: this.#data,
      host: '127.0.0.1',
      port,
      insecure: false,
      newKey: false,
      adopt: null,
      log: { info: () => {}, warn: () => {}, error: () => {} },
    })
    this.#key = this.#product.key ?? this.#key
  }

  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    const response = await fetch(this.gatewayUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const replied = (await response.json()) as { data?: unknown }
    return { status: response.status, data: replied.data ?? replied }
  }

  /** Runs an infra task to its end. @throws {Error} when it does not complete */
  async run(path: '/create-cluster-infra' | '/remove-cluster-infra'): Promise<Task> {
    const order = { cluster_id: id, kube_config_data: realCluster().kubeconfig }
    const { data } = await this.call('POST', path, order)
    const task = await until(`the task of ${path}`, async () => {
      const { data: found } = await this.call('GET', `/tasks/${data.task_id}`)
      return ['completed', 'failed', 'cancelled'].includes(found.task_status) ? (found as Task) : null
    })
    if (task.task_status !== 'completed') throw new Error(`${path}: ${JSON.stringify(task.task_status_data)}`)
    return task
  }

  /** Builds the infrastructure; a played pod counts as ready before its program is, so the controller may be enrolled the second time only. */
  async install(): Promise<void> {
    await this.run('/create-cluster-infra')
    const said = (): boolean => this.kubelet.present?.logged.some(({ event }) => event === 'controller.ready') ?? false
    await until('a ready controller', async () => said() || null)
    const { data } = await this.call('GET', `/clusters/${id}/controller`)
    if (!data.enrolled) await this.run('/create-cluster-infra')
  }

  #program(name: string): string {
    return join(this.#folder.path, name.replaceAll(/\W/g, '-'))
  }

  /** Takes the infrastructure away, and ends everything however that goes. */
  async stop(): Promise<void> {
    try {
      await this.run('/remove-cluster-infra')
    } finally {
      await this.#product?.stop()
      await this.kubelet.stop()
      this.#data.release()
      this.#folder.remove()
      this.plain.close()
    }
  }
}

/** Asks until there is an answer. @throws {Error} when there is none for long */
export async function until<Value>(what: string, ask: () => Promise<Value | null>): Promise<Value> {
  const end = performance.now() + finishSecondsMax * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > end) throw new Error(`${what} did not come within ${finishSecondsMax} s`)
    await delay(lookMs)
  }
}

/** Longest time of what comes before and after the tests of a file: the infrastructure is built and removed in it, in ms. */
export const hookMsMax = 180_000
