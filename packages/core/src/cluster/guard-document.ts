import { isDeepStrictEqual } from 'node:util'
import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { preCheck } from '../policy/pre-check.ts'
import type { GuardPort, Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import type { Cluster } from './cluster.ts'
import { prepareCluster } from './prepare-cluster.ts'

/** Who asks, and for which request; goes into the decision's record. */
export interface Asker {
  caller: Caller
  requestId: string | null
}

export type GuardPorts = Needs<GuardPort>

/**
 * Asks the policies about a document that is to be stored. What they return as `cluster_data` replaces it, and is validated
 * again; the id and what the system owns are not theirs to change.
 * @param current the cluster as stored, null for a new one
 * @throws {GridError} `cluster.too_large`, `pre_check.denied` and the other codes of `preCheck`; `policy.bad_verdict` for a rewrite that is not valid or too large
 */
export async function guardDocument(
  ports: Needs<'clusters'> & GuardPorts,
  asker: Asker,
  check: { action: 'add_cluster' | 'update_cluster'; current: Cluster | null; cluster: Cluster; beside?: JsonObject },
): Promise<Cluster> {
  ports.clusters.requireFits(check.cluster)
  const given = asJson(check.cluster)
  const { input } = await preCheck(ports, {
    action: check.action,
    cluster: check.current,
    caller: asker.caller,
    requestId: asker.requestId,
    input: { cluster_data: given, ...check.beside },
    accept: ({ cluster_data }) => void acceptRewrite(ports, check.cluster, cluster_data),
  })
  return input.cluster_data === given ? check.cluster : acceptRewrite(ports, check.cluster, input.cluster_data)
}

function acceptRewrite(ports: Needs<'clusters'>, cluster: Cluster, returned: Json | undefined): Cluster {
  if (returned === null || typeof returned !== 'object' || Array.isArray(returned))
    throw badVerdict('the policy returned no cluster_data object')
  const { urlMap } = cluster.config
  const given = isObject(returned.config) ? returned.config.urlMap : undefined
  if (returned.id !== cluster.id) throw badVerdict('the policy changed the id of the cluster')
  if (given !== undefined && !isDeepStrictEqual(given, urlMap))
    throw badVerdict('the policy changed config.urlMap, which the system owns')
  try {
    const rewritten = prepareStored(returned, urlMap).cluster
    ports.clusters.requireFits(rewritten)
    return rewritten
  } catch (cause) {
    if (!(cause instanceof GridError)) throw cause
    throw badVerdict('the policy returned a document that is not valid', cause)
  }
}

/** Prepares a document that carries the system's own address map already. @throws {GridError} like `prepareCluster` */
export function prepareStored(
  document: Readonly<Record<string, unknown>>,
  urlMap: Cluster['config']['urlMap'],
): { cluster: Cluster; warnings: Warning[] } {
  const { urlMap: _, ...config } = isObject(document.config) ? document.config : {}
  const { cluster, warnings } = prepareCluster(
    isObject(document.config) ? { ...document, config } : document, // anything else is for the schema to refuse
  )
  return {
    cluster: urlMap === undefined ? cluster : { ...cluster, config: { ...cluster.config, urlMap } },
    warnings,
  }
}

/** A document came in as JSON and holds nothing else. */
export const asJson = (cluster: Cluster): JsonObject => cluster as unknown as JsonObject

const badVerdict = (what: string, cause?: GridError): GridError =>
  new GridError('policy.bad_verdict', cause ? `${what}: ${cause.message}` : what, {
    ...(cause ? { cause, ...(cause.details ? { details: cause.details } : {}) } : {}),
  })

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
