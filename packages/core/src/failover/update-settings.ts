import { isDeepStrictEqual } from 'node:util'
import type { Caller } from '../caller.ts'
import type { Cluster, ClusterId } from '../cluster/cluster.ts'
import { type Asker, asJson, type GuardPorts } from '../cluster/guard-document.ts'
import { invalidBody } from '../cluster/invalid-document.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import { type Json, JsonObject } from '../json.ts'
import { requireOwner } from '../policy/own-policy.ts'
import { preCheck } from '../policy/pre-check.ts'
import type { Needs } from '../ports.ts'
import { raisedBudgets } from './budgets.ts'
import { requireSound } from './check-settings.ts'
import type { Versioned } from './failover-settings-store.ts'
import { activeFreeze } from './freeze.ts'
import { type FailoverChange, FailoverSettings, withChange } from './settings.ts'

/** Lost races after which a change without If-Match is given up. */
const attemptsMax = 5

type UpdatePorts = Needs<'actions' | 'failoverSettings' | 'calendar' | 'clusters' | 'trail'> & GuardPorts

interface SettingsRequest {
  id: ClusterId
  change: FailoverChange
  ifMatch: number | null
}

/**
 * Changes how failover works on a cluster once the policies for `update_cluster` admit it (spec/decisions.md 19, 40).
 * @throws {GridError} `request.invalid`, `auth.forbidden` for what only a network admin may allow, `cluster.not_found`,
 *   `precondition.failed`, `failover.changed`, `action.in_flight`, what the policies say
 */
export async function updateSettings(
  ports: UpdatePorts,
  request: SettingsRequest,
  asker: Asker,
): Promise<Versioned<FailoverSettings>> {
  const { id } = request
  requireOwner(asker.caller, id)
  const { before, stored } = await ports.clusters.inTurn(id, () => update(ports, request, asker))
  ports.trail.note({ subject: `failover cluster ${id}`, before, after: stored.value })
  const { enabled, mode, freeze } = stored.value
  const isFrozen = freeze !== null
  ports.log.info('failover_settings.updated', { clusterId: id, enabled, mode, isFrozen, requestId: asker.requestId })
  return stored
}

async function update(
  ports: UpdatePorts,
  { id, change, ifMatch }: SettingsRequest,
  asker: Asker,
): Promise<{ before: FailoverSettings; stored: Versioned<FailoverSettings> }> {
  for (let attempt = 1; ; attempt++) {
    const { cluster } = await readCluster(ports, id)
    const { value, version } = await ports.failoverSettings.find(id)
    requireSettingsVersion(version, ifMatch)
    const before = { ...value, freeze: activeFreeze(value.freeze, ports.clock.now()) }
    const after = withChange(before, change)
    requireSound(ports, after, invalidBody)
    requireRight(asker.caller, before, after)
    if (after.pool_label !== before.pool_label) await refuseOpen(ports, id)
    const admitted = await guardSettings(ports, asker, { cluster, before, change, after })
    try {
      return { before, stored: await ports.failoverSettings.replace(id, admitted, version) }
    } catch (error) {
      if (!(error instanceof GridError && error.code === 'failover.changed')) throw error
      if (ifMatch === null && attempt >= attemptsMax) throw error
    }
  }
}

/** @throws {GridError} `precondition.failed` when the caller decided on another version */
export function requireSettingsVersion(version: number, ifMatch: number | null): void {
  if (ifMatch === null || ifMatch === version) return
  throw new GridError('precondition.failed', `the failover settings are at version ${version}, not ${ifMatch}`, {
    details: { version },
  })
}

/** Another label makes other pools of the same nodes, which an action may hold (spec/decisions.md 35). @throws {GridError} `action.in_flight` */
async function refuseOpen(ports: Needs<'actions'>, id: ClusterId): Promise<void> {
  for (const state of ['accepted', 'running'] as const) {
    const { items } = await ports.actions.list({ clusters: [id], state }, { after: null, limit: 1 })
    const [open] = items
    if (open)
      throw new GridError(
        'action.in_flight',
        `action ${open.record.id} works on the pools of ${id}; wait for its end`,
        {
          details: { action_id: open.record.id },
        },
      )
  }
}

/** Only a network admin lets failover do more by itself than it may today (spec/decisions.md 34, 44). */
function requireRight({ role }: Caller, before: FailoverSettings, after: FailoverSettings): void {
  const fields = allowedMore(before, after)
  if (role === 'network-admin' || fields.length === 0) return
  const what = `raising a budget, changing providers or setting the mode act needs the role network-admin, not ${role}: ${fields.join(', ')}`
  throw new GridError('auth.forbidden', what, { details: { fields } })
}

/** By which fields failover may do more by itself than before. */
function allowedMore(before: FailoverSettings, after: FailoverSettings): string[] {
  const fields = raisedBudgets(before.budgets, after.budgets).map((name) => `budgets.${name}`)
  if (after.mode === 'act' && before.mode !== 'act') fields.push('mode')
  // They say as whom the gateway acts, and it may act as more than one cluster's owner.
  if (!isDeepStrictEqual(after.providers, before.providers)) fields.push('providers')
  return fields
}

interface Guarded {
  cluster: Cluster
  before: FailoverSettings
  change: FailoverChange
  after: FailoverSettings
}

/**
 * Asks the policies. They see the settings as `failover` of the cluster, before and after; what they return there replaces them.
 * The rest of the cluster is not written, so what they return of it is not looked at.
 */
async function guardSettings(
  ports: UpdatePorts,
  asker: Asker,
  { cluster, before, change, after }: Guarded,
): Promise<FailoverSettings> {
  const given = { ...asJson(cluster), failover: JsonObject.parse(after) }
  const accept = ({ cluster_data }: JsonObject): FailoverSettings => {
    const rewritten = settingsIn(cluster_data)
    requireSound(ports, rewritten, badVerdict)
    return rewritten
  }
  const { input } = await preCheck(ports, {
    action: 'update_cluster',
    cluster,
    ...asker,
    input: {
      cluster_data: given,
      current_cluster_data: { ...asJson(cluster), failover: JsonObject.parse(before) },
      update: { failover: JsonObject.parse(change) },
    },
    accept: (input) => void accept(input),
  })
  if (input.cluster_data === given) return after
  const rewritten = accept(input)
  // The cluster's own policy is written by those who may not raise a budget themselves: not by their own change, and not by
  // one of a network admin, who did not ask for it.
  requireRight(asker.caller, before, rewritten)
  const [field] = allowedMore(after, rewritten)
  if (field === undefined) return rewritten
  throw badVerdict([{ pointer: `/${field.replaceAll('.', '/')}`, detail: 'lets failover do more than was asked for' }])
}

function settingsIn(document: Json | undefined): FailoverSettings {
  const isObject = typeof document === 'object' && document !== null && !Array.isArray(document)
  const parsed = FailoverSettings.safeParse(isObject ? document.failover : undefined)
  if (parsed.success) return parsed.data
  throw new GridError('policy.bad_verdict', 'the policy returned no valid cluster_data.failover')
}

const badVerdict = (problems: readonly { pointer: string; detail: string }[]): GridError =>
  new GridError(
    'policy.bad_verdict',
    `the policy returned settings that cannot be: ${problems[0]?.pointer} ${problems[0]?.detail}`,
  )
