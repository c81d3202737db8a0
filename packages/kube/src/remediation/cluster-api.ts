import { GridError } from '@gridgate/core/errors'
import type { InstanceView } from '@gridgate/core/repair/instances'
import { change } from '../change.ts'
import { collect } from '../collect.ts'
import { type Kind, kinds } from '../kinds.ts'
import { type KubernetesObject, textAt } from '../object.ts'
import { requireHealthCheck } from './machine-health-checks.ts'
import type { MachineSystem, RemedyClient, RemedyTarget } from './machine-system.ts'
import { onlyOne } from './only-one.ts'

/** What a MachineHealthCheck takes for unhealthy, whatever its value. It stays until the Machine is gone. */
const remediateAnnotation = 'cluster.x-k8s.io/remediate-machine'
/** What tells Cluster API to leave a Machine alone. */
const leftAlone = ['cluster.x-k8s.io/paused', 'cluster.x-k8s.io/skip-remediation'] as const

const states: Readonly<Record<string, InstanceView['state']>> = {
  Pending: 'starting',
  Provisioning: 'starting',
  Provisioned: 'starting',
  Running: 'running',
  Updating: 'running',
  Deleting: 'ending',
  Deleted: 'gone',
}

/**
 * Cluster API, where the cluster manages itself: a marked Machine is deleted by the MachineSet that owns it, which makes
 * another. In a management cluster of its own the Machines are out of our sight.
 */
export const clusterApi: MachineSystem = {
  name: 'Cluster API',

  async find(client, target, node) {
    const kind = await machineKind(client)
    return node === null ? machineWithoutNode(client, kind, target) : machineOf(client, kind, target, node)
  },

  place: (machine) => machine.metadata.namespace ?? '',

  group(machine) {
    const owner = ownerOf(machine)
    return owner ? { kind: 'machine_set', name: owner.name } : null
  },

  // Marked counts as ending: it never becomes healthy again.
  state: (machine) =>
    machine.metadata.deletionTimestamp !== undefined || isMarked(machine)
      ? 'ending'
      : (states[textAt(machine, 'status', 'phase') ?? ''] ?? 'unknown'),

  async requireReplaceable(client, machine) {
    const why = whyNot(machine)
    if (why !== null) throw new GridError('provider.refused', `${why}: Machine ${machine.metadata.name}`)
    await requireHealthCheck(client, machine)
  },

  async replace(client, machine, action) {
    const changed = await change(client, machine, (current) =>
      isMarked(current)
        ? { outcome: 'already', patch: null }
        : { outcome: 'accepted', patch: { metadata: { annotations: { [remediateAnnotation]: action } } } },
    )
    return changed?.outcome ?? 'already'
  },
}

/** The newest version that is served here. @throws {GridError} `provider.refused` where none is */
async function machineKind(client: RemedyClient): Promise<Kind> {
  for (const kind of [kinds.machine, kinds.machineV1Beta1]) if (await client.serves(kind)) return kind
  throw elsewhere('the cluster has no Machines')
}

/** A node names its Machine. Whoever may change the node could name another, so the Machine has to name the node, too. */
async function machineOf(
  client: RemedyClient,
  { apiVersion, kind }: Kind,
  target: RemedyTarget,
  { metadata }: KubernetesObject,
): Promise<KubernetesObject> {
  const name = metadata.annotations?.['cluster.x-k8s.io/machine']
  const namespace = metadata.annotations?.['cluster.x-k8s.io/cluster-namespace']
  if (!name || !namespace)
    throw new GridError(
      'provider.unsupported',
      `node ${target.node_name} is not one of Cluster API: it names no Machine`,
    )
  const machine = await client.get({ apiVersion, kind, namespace, name })
  if (machine !== null && isOf(machine, target)) return machine
  throw elsewhere(`the cluster has no Machine of node ${target.node_name}`)
}

async function machineWithoutNode(
  client: RemedyClient,
  kind: Kind,
  target: RemedyTarget,
): Promise<KubernetesObject | null> {
  const keep = (machine: KubernetesObject): KubernetesObject | null => (isOf(machine, target) ? machine : null)
  return onlyOne(await collect(client, kind, {}, keep), target.node_name)
}

const isOf = (machine: KubernetesObject, { node_name, provider_id }: RemedyTarget): boolean =>
  textAt(machine, 'spec', 'providerID') === provider_id && textAt(machine, 'status', 'nodeRef', 'name') === node_name

const elsewhere = (what: string): GridError =>
  new GridError('provider.refused', `${what}: only Cluster API that manages its own cluster can be asked from here`)

const isMarked = ({ metadata }: KubernetesObject): boolean => metadata.annotations?.[remediateAnnotation] !== undefined

/** The MachineSet that makes another Machine in the place of this one. */
const ownerOf = ({ metadata }: KubernetesObject) =>
  metadata.ownerReferences?.find(
    ({ apiVersion, kind, controller }) =>
      controller && kind === 'MachineSet' && apiVersion.startsWith('cluster.x-k8s.io/'),
  )

function whyNot(machine: KubernetesObject): string | null {
  const { labels, annotations } = machine.metadata
  if (labels?.['cluster.x-k8s.io/control-plane'] !== undefined) return 'the control plane is not replaced from here'
  if (!ownerOf(machine)) return 'it belongs to no MachineSet, so no other would take its place'
  const annotation = leftAlone.find((one) => annotations?.[one] !== undefined)
  return annotation ? `Cluster API is told to leave it alone by ${annotation}` : null
}
