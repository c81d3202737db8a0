import { z } from 'zod'
import type { ClusterId } from '../cluster/cluster.ts'
import { type Json, JsonObject } from '../json.ts'
import type { Drift } from './drift.ts'

/** The parts of a cluster's infrastructure, in the order of creation (spec/infra.md §2). */
export const infraParts = [
  'namespaces',
  'access',
  'metrics-database',
  'metrics-writer',
  'collector',
  'controller',
  'exposure',
] as const
export type InfraPart = (typeof infraParts)[number]

/** What the workflow needs of the cluster document, as it was when the task was created. */
export const InfraSettings = z.object({
  /** Host name or address under which the cluster is reached, without scheme. */
  publicHostname: z.string(),
  /** Behind the cluster's ingress; on NodePorts otherwise. */
  useGateway: z.boolean(),
  publicScheme: z.enum(['http', 'https']),
  collectIntervalSeconds: z.number().int().min(1).max(86_400),
})
export type InfraSettings = z.infer<typeof InfraSettings>

/** What the gateway's configuration contributes to every infrastructure, in short. */
export const InfraConfiguration = z.object({
  /** SHA-256 of all of it, hex. */
  digest: z.string(),
  /** Image of the controller. */
  image: z.string(),
})
export type InfraConfiguration = z.infer<typeof InfraConfiguration>

/** What an infrastructure was built of: enough to tell what should be there. */
export const InfraBuild = z.object({
  settings: InfraSettings,
  exposure: JsonObject,
  configuration: InfraConfiguration,
  /** ISO 8601. */
  at: z.string(),
})
export type InfraBuild = z.infer<typeof InfraBuild>

/** Something that is built on a Kubernetes cluster, and the way there, for the time of one step. */
export interface InfraSite {
  /** Whose objects: the id of a cluster, or `executorName` of an executor; their labels say so. */
  owner: string
  /** The sanitised kubeconfig, as `sanitise` returned it. */
  kubeconfig: string
}

/** A cluster to build on. */
export interface InfraTarget extends InfraSite {
  settings: InfraSettings
  /** How the cluster is exposed, as `inspect` found out; null before it. */
  exposure: JsonObject | null
  /** Namespaces that this task has made. */
  freshNamespaces: readonly string[]
}

/** What writing a part did. */
export interface Written {
  /** In a few words: what was created, changed and taken back. */
  said: string
  createdNamespaces: readonly string[]
}

/** What an inspection of a cluster found. */
export interface Inspection {
  /** UID of the `kube-system` namespace. */
  identity: string
  /** Kubernetes version, such as `1.33`. */
  version: string
  exposure: JsonObject
}

/** One pass of a removal. */
export interface RemovalPass {
  /** Names of our objects that are still there, those that are ending included. */
  remaining: string[]
  /** Namespaces of ours that stay, because they hold what is not ours, with its names. */
  kept: { namespace: string; foreign: string[] }[]
}

/** Port: reads what callers send as a kubeconfig. */
export interface KubeconfigReader {
  /**
   * Rebuilds a minimal kubeconfig from what a caller sent (object, YAML text, base64), as JSON text. Calls nobody.
   * @throws {GridError} `kubeconfig.invalid` with pointers and reasons, never values
   */
  sanitise(kubeconfig: unknown): string
}

/** Port: what belongs on a cluster, worked out without calling any. */
export interface InfraPlan {
  /** The configuration as it is now. */
  configuration(): InfraConfiguration
  /** Names of the objects that should be there, as a controller is asked for them. */
  references(clusterId: ClusterId, build: InfraBuild): Promise<JsonObject[]>
  /** Compares what should be there with what a controller found. @throws {GridError} `controller.failed` for what are no objects */
  compare(clusterId: ClusterId, build: InfraBuild, found: Json): Promise<Drift>
}

/**
 * Port: what is done to a Kubernetes cluster (packages/kube). Each call opens a client of its own and closes it; each may
 * run again. Failures are GridErrors: `kube.*`, `infra.*`, `address.refused`.
 */
export interface InfraBuilder {
  /**
   * Reads all that creation depends on: version, identity, rights, node ports, ingress.
   * @param known the identity stored for the cluster, null before the first creation
   * @throws {GridError} `kube.unsupported_version`, `cluster.identity_mismatch`, `kube.forbidden`, `infra.port_conflict`,
   *   `infra.gateway_missing`
   */
  inspect(target: InfraTarget, known: string | null): Promise<Inspection>
  /** Writes the objects of a part. @throws {GridError} `kube.conflict` */
  apply(target: InfraTarget, part: InfraPart): Promise<Written>
  /**
   * Whether everything in these parts does its work, by Kubernetes' own conditions, and what it waits for.
   * @param closely says also what pods wait for, at the price of more requests
   */
  readiness(
    target: InfraTarget,
    parts: readonly InfraPart[],
    closely: boolean,
  ): Promise<{ ready: boolean; reason: string }>
  /** The public key (JWK) that the controller has published for enrolment; null when it has published none. */
  controllerKey(site: InfraSite): Promise<JsonObject | null>
  /** Whether the controller answers at its public address with proof that it is the one enrolled. */
  reachController(clusterId: ClusterId, url: string, key: JsonObject | null): Promise<ControllerReach>
  /**
   * Makes sure that a removal would hit nothing but ours, and the right cluster.
   * @throws {GridError} `infra.not_empty` naming what still runs, `cluster.identity_mismatch`
   */
  requireRemovable(site: InfraSite, known: string | null): Promise<void>
  /** Removes what carries our label, one stage of it; asked again until nothing remains. */
  removePass(site: InfraSite): Promise<RemovalPass>
  /** Names of everything on the cluster that carries our label. */
  leftovers(site: InfraSite): Promise<string[]>
}

export interface ControllerReach {
  state: 'reachable' | 'unreachable'
  /** Why it is not reachable, in a few words. */
  reason: string
}
