import { GridError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import type { ClusterId } from './cluster.ts'
import type { StoredCluster } from './cluster-store.ts'
import { type Assignment, applyUpdate, pointerIntoUpdate, readUpdate, touches } from './document-update.ts'
import { type Asker, asJson, type GuardPorts, guardDocument, prepareStored } from './guard-document.ts'
import { type BodyProblem, invalidBody } from './invalid-document.ts'
import { readCluster } from './read-cluster.ts'
import { unknownPolicies } from './unknown-policies.ts'

/** Lost races after which an update without If-Match is given up. */
const attemptsMax = 5

export interface UpdateRequest {
  id: ClusterId
  /** Dotted path → value. */
  update: Readonly<Record<string, unknown>>
  /** The version that the caller decided on, or null. */
  ifMatch: number | null
}

/**
 * Changes fields of a cluster once the policies admit the result (spec/gateway-api.md §2, spec/decisions.md 13, 19).
 * What is written is what the policies saw: when another write lands in between, everything is done again, with If-Match nothing is.
 * @throws {GridError} `cluster.not_found`, `precondition.failed`, `cluster.changed`, what `readUpdate` and `applyUpdate` refuse, what the policies say
 */
export async function updateCluster(
  ports: Needs<'clusters' | 'trail'> & GuardPorts,
  request: UpdateRequest,
  asker: Asker,
): Promise<Updated> {
  const assignments = readUpdate(request.update)
  return ports.clusters.inTurn(request.id, () => update(ports, request, assignments, asker))
}

interface Updated {
  stored: StoredCluster
  warnings: Warning[]
}

async function update(
  ports: Needs<'clusters' | 'trail'> & GuardPorts,
  { id, update, ifMatch }: UpdateRequest,
  assignments: readonly Assignment[],
  asker: Asker,
): Promise<Updated> {
  for (let attempt = 1; ; attempt++) {
    const current = await readCluster(ports, id)
    refuseOtherVersion(current, ifMatch)

    const changed = changeDocument(current, assignments)
    const admitted = await guardDocument(ports, asker, {
      action: 'update_cluster',
      current: current.cluster,
      cluster: changed.cluster,
      beside: { current_cluster_data: asJson(current.cluster), update: update as JsonObject },
    })

    try {
      const stored = await ports.clusters.replace(admitted, current.version)
      ports.trail.note({ subject: `cluster ${id}`, before: current.cluster, after: stored.cluster })
      ports.log.info('cluster.updated', { clusterId: id, version: stored.version, requestId: asker.requestId })
      const isMapSet = assignments.some(({ steps }) => touches('/config/actionsPolicyMap', steps))
      const unknown = isMapSet ? await unknownPolicies(ports, stored.cluster) : []
      return { stored, warnings: [...changed.warnings, ...ofUpdate(unknown, assignments)] }
    } catch (error) {
      if (!(error instanceof GridError && error.code === 'cluster.changed')) throw error
      if (ifMatch === null && attempt >= attemptsMax) throw error
    }
  }
}

/** @throws {GridError} `precondition.failed` when the caller decided on another version */
export function refuseOtherVersion(stored: StoredCluster, ifMatch: number | null): void {
  if (ifMatch === null || ifMatch === stored.version) return
  throw new GridError('precondition.failed', `the cluster is at version ${stored.version}, not ${ifMatch}`, {
    details: { version: stored.version },
  })
}

/** The document after the change, with problems and warnings told in terms of the update. */
function changeDocument(current: StoredCluster, assignments: readonly Assignment[]): ReturnType<typeof prepareStored> {
  const after = applyUpdate(current.cluster, assignments)
  try {
    const { cluster, warnings } = prepareStored(after, current.cluster.config.urlMap)
    return { cluster, warnings: ofUpdate(warnings, assignments) }
  } catch (error) {
    const problems = error instanceof GridError ? error.details?.problems : undefined
    if (!Array.isArray(problems)) throw error
    throw invalidBody((problems as BodyProblem[]).map((problem) => translated(problem, assignments)))
  }
}

/** The warnings about what was set, in terms of the update. */
const ofUpdate = (warnings: readonly Warning[], assignments: readonly Assignment[]): Warning[] =>
  warnings
    .filter(({ pointer }) => assignments.some(({ steps }) => touches(pointer ?? '', steps)))
    .map((warning) => translated(warning, assignments))

const translated = <Told extends { pointer?: string | undefined }>(
  told: Told,
  assignments: readonly Assignment[],
): Told => (told.pointer === undefined ? told : { ...told, pointer: pointerIntoUpdate(told.pointer, assignments) })
