import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fixtureNodes } from '@gridgate/local/kube/bootstrap'
import { installedDefinitions } from '@gridgate/local/kube/definitions'
import { parse } from 'yaml'
import { type Answer, Client, type ContractCluster } from '../../../packages/kube/contract/client.ts'
import { ingressKindFiles } from '../programs/ingress-kinds.ts'
import { freePorts } from './free-ports.ts'
import { jobSetWebhooks } from './job-set-webhooks.ts'
import { openProcesses, type Processes } from './processes.ts'
import {
  apiServerArguments,
  auditLogFile,
  controllerManagerArguments,
  etcdArguments,
  jobSetArguments,
  kwokArguments,
  type Ports,
  portNames,
  type Site,
  schedulerArguments,
} from './program-arguments.ts'
import { makeSecrets, type Secrets } from './secrets.ts'

/** A real control plane on loopback. */
export interface ControlPlane extends ContractCluster {
  /** Of the administrator, YAML. */
  kubeconfig: string
  /** File with one JSON line a request (level Metadata). */
  auditLog: string
}

/** Longest wait for a program to answer, in milliseconds. */
const answerMsMax = 60_000
const lookMs = 20
const manager = 'test-setup'
/** Started together or not at all: half of them would leave objects waiting for ever. */
const controllers = ['kube-controller-manager', 'kube-scheduler', 'kwok', 'jobset']
const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/** Everything that a step of the start works with. */
interface Start {
  site: Site
  programs: string
  secrets: Secrets
  processes: Processes
  client: Client
}

/**
 * Starts what the folder of programs holds: etcd and the API server always; controller manager, scheduler, KWOK with its nodes,
 * and JobSet where all of them are there. Returns once all of it answers, after 5 s or so.
 * @throws {Error} with a program's last words when it ends
 */
export async function startControlPlane(programs: string): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'gridgate-real-'))
  const processes = openProcesses(programs, folder)
  try {
    const numbers = await freePorts(portNames.length)
    const ports = Object.fromEntries(portNames.map((name, index) => [name, numbers[index]])) as unknown as Ports
    const site = { folder, ports, url: `https://127.0.0.1:${ports.api}` }
    const secrets = await makeSecrets(folder, site.url)
    const { authority: ca, token, kubeconfig } = secrets
    const hasControllers = controllers.every((name) => existsSync(join(programs, name)))
    const plane = {
      url: site.url,
      ca,
      token,
      kubeconfig,
      hasControllers,
      auditLog: auditLogFile(folder),
      stop: processes.stop,
    }
    const client = new Client(plane)
    const start: Start = { site, programs, secrets, processes, client }
    await startServer(start)
    await installKinds(start)
    if (hasControllers) await startControllers(start)
    if (hasControllers) await startJobSet(start)
    client.close()
    return plane
  } catch (error) {
    await processes.stop()
    throw error
  }
}

async function startServer(start: Start): Promise<void> {
  start.processes.run('etcd', etcdArguments(start.site))
  start.processes.run('kube-apiserver', apiServerArguments(start.site))
  await until(start, 'the API server', () => isThere(start, '/readyz'))
}

/** Before the controller manager starts: its garbage collector looks for new kinds only every 30 s. */
async function installKinds(start: Start): Promise<void> {
  const manifests = join(start.programs, 'manifests')
  const published = ['jobset.x-k8s.io_jobsets.yaml', ...ingressKindFiles].map((file) => join(manifests, file))
  const texts = published.flatMap((path) => (existsSync(path) ? [readFileSync(path, 'utf8')] : []))
  const known = new Map(texts.map((text) => [nameIn(text), text]))
  // Where a folder of programs brings no definition, the loose one of the simulated cluster serves.
  for (const definition of installedDefinitions())
    if (!known.has(nameIn(definition))) known.set(nameIn(definition), JSON.stringify(unapproved(definition)))
  for (const [name, text] of known) await apply(start, `${definitionsPath}/${name}`, text)
  for (const name of known.keys())
    await until(start, name, async () => isEstablished(await start.client.get(`${definitionsPath}/${name}`)))
}

const nameIn = (definition: unknown): string => {
  const object = typeof definition === 'string' ? parse(definition) : definition
  return (object as { metadata: { name: string } }).metadata.name
}

/** The API server takes kinds of its own groups only with a word about their approval. */
const unapproved = (definition: ReturnType<typeof installedDefinitions>[number]): object => ({
  ...definition,
  metadata: { name: nameIn(definition), annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' } },
})

const isEstablished = ({ body }: Answer): boolean =>
  (body.status?.conditions ?? []).some(
    ({ type, status }: { type: string; status: string }) => type === 'Established' && status === 'True',
  )

async function startControllers(start: Start): Promise<void> {
  const { site, processes, programs } = start
  processes.run('kube-controller-manager', controllerManagerArguments(site))
  processes.run('kube-scheduler', schedulerArguments(site))
  const storageClass = readFileSync(join(programs, 'manifests/storage-class.yaml'), 'utf8')
  await apply(start, `/apis/storage.k8s.io/v1/storageclasses/${nameIn(storageClass)}`, storageClass)
  processes.run('kwok', kwokArguments(site, programs))
  const nodes = fixtureNodes()
  for (const node of nodes) await start.client.post('/api/v1/nodes', nodeBody(node))
  await until(start, 'the default account', () => isThere(start, '/api/v1/namespaces/default/serviceaccounts/default'))
  for (const { name } of nodes)
    await until(start, `node ${name}`, async () => isSchedulable(await start.client.get(`/api/v1/nodes/${name}`)))
}

/** The same nodes as the simulated cluster's. */
function nodeBody({ name, gpus, cpu = '32', memory = '256Gi' }: ReturnType<typeof fixtureNodes>[number]): object {
  const amounts = { cpu, memory, 'ephemeral-storage': '1Ti', pods: '110', 'nvidia.com/gpu': String(gpus) }
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'nvidia.com/gpu.present': 'true' }
  return { metadata: { name, labels }, status: { capacity: amounts, allocatable: amounts } }
}

const isSchedulable = ({ body }: Answer): boolean =>
  body.spec?.taints === undefined &&
  (body.status?.conditions ?? []).some(
    ({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True',
  )

async function startJobSet(start: Start): Promise<void> {
  const { jobSetHealth, jobSetWebhook } = start.site.ports
  start.processes.run('jobset', jobSetArguments(start.site))
  await until(start, 'JobSet', async () => (await fetch(`http://127.0.0.1:${jobSetHealth}/readyz`)).ok)
  for (const { path, object } of jobSetWebhooks(jobSetWebhook, start.secrets.authority))
    await apply(start, path, object)
}

const isThere = async ({ client }: Start, path: string): Promise<boolean> => (await client.get(path)).status === 200

async function apply({ client }: Start, path: string, object: unknown): Promise<void> {
  const { status, body } = await client.apply(path, object, manager, true)
  if (status > 299) throw new Error(`${path} was not written: ${status} ${body.message}`)
}

async function until({ processes }: Start, what: string, ask: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + answerMsMax
  while (performance.now() < end) {
    // Nothing listens yet: the same as no.
    if (await ask().catch(() => false)) return
    processes.requireAlive()
    await delay(lookMs)
  }
  throw new Error(`${what} is not ready after ${answerMsMax} ms`)
}
