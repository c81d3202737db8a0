import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Product, startByScript, temporaryFolder } from '../e2e/product.ts'
import { auditedOfIn, countedOf, creationRequestsMax } from '../real/audit-log.ts'
import { type ControlPlane, startControlPlane } from '../real/control-plane/start-control-plane.ts'
import { findPrograms } from '../real/programs/find-programs.ts'
import { type Claim, claim, type Section } from './section.ts'

const rounds = 3
const finishSecondsMax = 120
/** A round takes half a minute or more, most of it for the removal of namespaces, so whoever waits is told. */
const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** What an infra creation takes on a real control plane: built once, see test/real/README.md. */
export const infra: Section = {
  name: 'infra',
  about:
    'infra creation on a real control plane: time, and requests by its audit log; another look at a workload is not counted',
  async run() {
    const plane = await startControlPlane(await findPrograms(say))
    process.env.GRIDGATE_OUTBOUND_LOCAL = new URL(plane.url).host
    const folder = temporaryFolder()
    const product = startByScript(folder.path, '--no-tour')
    try {
      await product.ready
      const claims: Claim[] = []
      for (const useGateway of [false, true]) claims.push(...(await measure(plane, product, useGateway)))
      return claims
    } finally {
      await product.interrupt()
      folder.remove()
      await plane.stop()
      delete process.env.GRIDGATE_OUTBOUND_LOCAL
    }
  },
}

async function measure(plane: ControlPlane, product: Product, useGateway: boolean): Promise<Claim[]> {
  const id = `bench-${useGateway ? 'gateway' : 'ports'}`
  const document = new URL('../../packages/local/src/tour/cluster-west-vision-001.json', import.meta.url)
  const cluster = JSON.parse(await readFile(document, 'utf8')) as { config: object }
  await product.call('POST', '/clusters/create', { ...cluster, id, config: { ...cluster.config, useGateway } })
  const order = { cluster_id: id, kube_config_data: plane.kubeconfig }
  const seconds: number[] = []
  const requests: number[] = []
  const again: number[] = []
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now()
    requests.push(await requestsOf(plane, () => run(product, '/create-cluster-infra', order)))
    seconds.push((performance.now() - begun) / 1000)
    again.push(await requestsOf(plane, () => run(product, '/create-cluster-infra', order)))
    await run(product, '/remove-cluster-infra', order)
    say(`${id}: round ${round + 1} of ${rounds}`)
  }
  const how = useGateway ? 'behind an ingress' : 'on node ports'
  return [
    claim(`infra creation ${how}`, 's', seconds),
    claim(`requests but for repeated looks, ${how}`, 'requests', requests, { atMost: creationRequestsMax }),
    claim(`the same once more, ${how}`, 'requests', again),
  ]
}

async function requestsOf({ auditLog }: ControlPlane, work: () => Promise<void>): Promise<number> {
  const audited = () => auditedOfIn('gridgate', auditLog)
  const before = audited().length
  await work()
  return countedOf(audited().slice(before)).length
}

async function run(product: Product, path: string, order: object): Promise<void> {
  const started = await product.call('POST', path, order)
  const { task_id } = (started.body as { data: { task_id: string } }).data
  for (let look = 0; look < finishSecondsMax * 10; look++) {
    const { data } = (await product.call('GET', `/tasks/${task_id}`)).body as { data: { task_status: string } }
    if (data.task_status === 'completed') return
    if (data.task_status !== 'pending' && data.task_status !== 'in_progress') break
    await delay(100)
  }
  throw new Error(`${path} of ${JSON.stringify(started.body)} did not complete`)
}
