import { GridError } from '@gridgate/core/errors'
import type { Instances, InstanceTarget, InstanceView } from '@gridgate/core/repair/instances'
import { type ProviderId, parseProviderId } from '@gridgate/core/repair/provider-id'
import type { GceSettings } from '@gridgate/core/repair/provider-settings'
import { z } from 'zod'
import { callGoogle } from './call-google.ts'
import { type CloudParts, refusedBy } from './cloud-call.ts'
import { effectId } from './effect-id.ts'
import { followOperation, GceOperation } from './gce-operation.ts'
import { googleToken } from './google-token.ts'

const states: Readonly<Record<string, InstanceView['state']>> = {
  PROVISIONING: 'starting',
  STAGING: 'starting',
  RUNNING: 'running',
  REPAIRING: 'starting',
  PENDING_STOP: 'stopping',
  STOPPING: 'stopping',
  SUSPENDING: 'stopping',
  SUSPENDED: 'stopped',
  TERMINATED: 'stopped',
}

const Instance = z.object({
  /** A number beyond what JavaScript holds exactly, so Google writes it as text. */
  id: z.string().regex(/^[1-9]\d{0,19}$/),
  status: z.string(),
  lastStartTimestamp: z.iso.datetime({ offset: true }).optional(),
  metadata: z
    .object({ items: z.array(z.object({ key: z.string(), value: z.string().optional() })).optional() })
    .optional(),
})
type Instance = z.infer<typeof Instance>

type GceId = Extract<ProviderId, { kind: 'gce' }>

/** An instance as it was just found, and what it takes to ask for more. */
interface Sight {
  id: GceId
  token: string
  view: InstanceView
  manager: Manager | null
}

/** A managed instance group: zonal or regional. */
interface Manager {
  place: string
  name: string
}

/** Instances of Compute Engine and their managed groups. Retries nothing: who asks knows what may be asked again. */
export const gceInstances = (parts: CloudParts, settings: GceSettings): Instances => ({
  async describe(target) {
    return (await look(parts, settings, target)).view
  },

  async reboot(order, key) {
    const sight = await look(parts, settings, order)
    const { id, view } = sight
    if (view.instance_id !== order.instance_id)
      throw refusedBy({ doing: id.name }, 'the name belongs to another instance by now')
    if (view.state !== 'running') throw refusedBy({ doing: id.name }, `the instance is ${view.state}`)
    const scope = scopeOf(id, `zones/${id.zone}`)
    await give(parts, sight, {
      scope,
      method: 'POST',
      path: `instances/${view.instance_id}/reset`,
      key: `${key}:reboot`,
    })
    return 'accepted'
  },

  async replace(order, key) {
    const sight = await look(parts, settings, order)
    const { id, view, manager } = sight
    // A replaced instance keeps its name, and has another number.
    if (view.instance_id !== order.instance_id) return 'already'
    const scope = scopeOf(id, manager?.place ?? `zones/${id.zone}`)
    const common = { scope, key: `${key}:replace:${view.instance_id}` }
    if (manager === null)
      await give(parts, sight, { ...common, method: 'DELETE', path: `instances/${view.instance_id}` })
    else
      await give(parts, sight, {
        ...common,
        method: 'POST',
        path: `instanceGroupManagers/${manager.name}/recreateInstances`,
        json: { instances: [`zones/${id.zone}/instances/${id.name}`] },
      })
    return 'accepted'
  },
})

const scopeOf = ({ project }: GceId, place: string): URL =>
  new URL(`https://compute.googleapis.com/compute/v1/projects/${project}/${place}/`)

/** Finds the instance; its project is checked before anything is asked. */
async function look(parts: CloudParts, settings: GceSettings, target: InstanceTarget): Promise<Sight> {
  const id = parseProviderId(target.provider_id)
  if (id.kind !== 'gce')
    throw new GridError('provider.unsupported', id.kind === 'unsupported' ? id.why : 'it is no instance of Google')
  if (!settings.allow.includes(id.project))
    throw new GridError('provider.not_allowed', `the project of ${id.name} is not in the allow list of the cluster`)
  const token = await googleToken(parts, settings.workload_identity)
  const found = await callGoogle(parts, {
    url: new URL(`instances/${id.name}`, scopeOf(id, `zones/${id.zone}`)),
    method: 'GET',
    token,
    doing: `instances.get for ${id.name}`,
    changes: false,
    reply: Instance.nullable(),
    absent: null,
  })
  const manager = found === null ? null : managerOf(id, found)
  return { id, token, manager, view: viewOf(found, manager, parts.clock.now().toISOString()) }
}

function viewOf(found: Instance | null, manager: Manager | null, seenAt: string): InstanceView {
  if (found === null) return { instance_id: null, state: 'gone', group: null, started_at: null, seen_at: seenAt }
  return {
    instance_id: found.id,
    state: states[found.status] ?? 'unknown',
    group: manager ? { kind: 'managed_instance_group', name: manager.name } : null,
    started_at: found.lastStartTimestamp ? new Date(found.lastStartTimestamp).toISOString() : null,
    seen_at: seenAt,
  }
}

const createdBy =
  /^projects\/[^/]+\/(zones|regions)\/([a-z][a-z0-9-]{0,62})\/instanceGroupManagers\/([a-z]([a-z0-9-]{0,61}[a-z0-9])?)$/

/**
 * The group that made an instance. Compute Engine writes it into the metadata, where others can write too: only a group of
 * the instance's own place is believed, and always looked for in the instance's own project.
 */
function managerOf(id: GceId, { metadata }: Instance): Manager | null {
  const text = metadata?.items?.find(({ key }) => key === 'created-by')?.value
  if (text === undefined) return null
  const [, kind, place = '', name = ''] = createdBy.exec(text) ?? []
  const isHere = kind === 'zones' ? place === id.zone : id.zone.startsWith(`${place}-`)
  if (kind === undefined || !isHere)
    throw refusedBy(
      { doing: id.name },
      'what its metadata names as its maker is no managed instance group of its place',
    )
  return { place: `${kind}/${place}`, name }
}

interface Order {
  scope: URL
  method: 'POST' | 'DELETE'
  path: string
  key: string
  json?: unknown
}

/** Gives one order under its key: Compute Engine answers a repetition with the operation of the first. */
async function give(parts: CloudParts, { id, token }: Sight, { scope, method, path, key, json }: Order): Promise<void> {
  const url = new URL(path, scope)
  url.searchParams.set('requestId', effectId(key))
  const doing = `${method === 'DELETE' ? 'delete' : path.split('/').at(-1)} for ${id.name}`
  const operation = await callGoogle(parts, {
    url,
    method,
    token,
    ...(json === undefined ? {} : { body: { json } }),
    doing,
    changes: true,
    reply: GceOperation,
  })
  await followOperation(parts, { scope, token, doing }, operation)
}
