import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildController } from '../../packages/controller/build.ts'
import { imageStart } from '../../packages/controller/test/containerfile.ts'
import type { Answer, Client, ContractCluster } from '../../packages/kube/contract/client.ts'
import { makeTestKey, signCall, type TestKey } from '../signing.ts'

const id = 'bench'
/** The documented ports, on a loopback address of its own. */
const host = '127.0.0.85'
const url = `http://${host}:4000`

/** The API server that it works on, and the token of its account. */
type ApiServer = Pick<ContractCluster, 'url' | 'ca' | 'token'>

/** The program of the controller's image as its pod runs it, called as its gateway calls it. */
export interface ShippedController {
  pid: number
  /** The data of a signed call. @throws {Error} when it is refused */
  get(path: string): Promise<Answer['body']>
  post(path: string, body: object): Promise<Answer['body']>
  stop(): Promise<void>
}

/** Builds it, starts it on the control plane as the administrator, and returns once it is ready. @param folder for all its files */
export async function startShippedController(
  plane: ApiServer,
  client: Client,
  folder: string,
): Promise<ShippedController> {
  await makeIdentityObjects(client)
  const gateway = await makeTestKey('bench')
  const { folder: dist } = await buildController(join(folder, 'dist'))
  const { command, args, env } = imageStart(dist)
  const child = spawn(command, [...args, 'controller', '--host', host], {
    cwd: folder,
    env: { ...env, ...podEnvironment(plane, folder, JSON.stringify({ keys: [gateway.publicKey] })) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await ready(child)
  return {
    pid: child.pid ?? 0,
    get: (path) => call(gateway, 'GET', path),
    post: (path, body) => call(gateway, 'POST', path, JSON.stringify(body)),
    stop: () => end(child),
  }
}

async function call(gateway: TestKey, method: string, path: string, text = ''): Promise<Answer['body']> {
  const authorization = `Bearer ${await signCall(gateway, { audience: id, method, path, body: text })}`
  const headers = { authorization, 'content-type': 'application/json' }
  const response = await fetch(url + path, { method, headers, ...(text === '' ? {} : { body: text }) })
  const body = (await response.json()) as Answer['body']
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(body)}`)
  return body.data
}

/** What infra creation puts there for its key pair. */
async function makeIdentityObjects(client: Client): Promise<void> {
  const core = '/api/v1/namespaces'
  await client.post(core, { metadata: { name: 'controllers' } })
  await client.post(`${core}/controllers/secrets`, { metadata: { name: `${id}-controller-key` } })
  await client.post(`${core}/controllers/configmaps`, { metadata: { name: `${id}-controller-identity` } })
}

/** The variables and files that a kubelet gives the pod. */
function podEnvironment(plane: ApiServer, folder: string, gatewayKeys: string): Record<string, string> {
  const account = join(folder, 'account')
  mkdirSync(account)
  writeFileSync(join(account, 'token'), plane.token)
  writeFileSync(join(account, 'ca.crt'), plane.ca)
  writeFileSync(join(folder, 'jwks.json'), gatewayKeys)
  const { hostname, port } = new URL(plane.url)
  return {
    CLUSTER_ID: id,
    PUBLIC_HOSTNAME: `${id}.example.net`,
    GRIDGATE_GATEWAY_URL: 'http://127.0.0.1:9', // nobody listens there
    GRIDGATE_GATEWAY_KEYS_FILE: join(folder, 'jwks.json'),
    GRIDGATE_ACCOUNT_FOLDER: account,
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the controller ended with ${code} before it was ready`)))
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => {
        if ((JSON.parse(line) as { event: string }).event === 'controller.ready') resolve()
      })
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
