import { z } from 'zod'
import { InfraState } from '../cluster/cluster-system.ts'
import { systemFields } from '../cluster/system-fields.ts'
import { JsonObject } from '../json.ts'

/** A lower-case DNS label of at most 48 characters, because Kubernetes objects are named after it. */
export const ExecutorId = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,46}[a-z0-9])?$/, 'must be a lower-case DNS label of at most 48 characters')
  .brand('ExecutorId')
export type ExecutorId = z.infer<typeof ExecutorId>

/** The name under which calls are signed for an executor and objects carry its label; never a cluster's id, which has no dot. */
export const executorName = (id: string): string => `executor.${id}`

/** NodePort of an executor that was built by `create-infra` (spec/policies.md §6): one executor a cluster. */
export const executorNodePort = 30_900

/** Scheme and host, with a port or a path perhaps; `/execute_policy` is added to it. Empty while it is not known. */
const HostUri = z
  .string()
  .max(512)
  .refine((text) => text === '' || isBase(text), 'must be an http or https URL without user, query and fragment')

const PublicIp = z
  .union([z.ipv4(), z.ipv6()])
  .describe(`Address of a node: makes executor_host_uri http://{address}:${executorNodePort}`)

const given = { executor_metadata: JsonObject, executor_hardware_info: JsonObject }

/** A registry entry (spec/policies.md §6). Fields that are not named here are kept. */
export const Executor = z.looseObject({
  executor_id: ExecutorId,
  executor_host_uri: HostUri,
  ...given,
  executor_status: z.string().describe('Written by the system'),
})
export type Executor = z.infer<typeof Executor>

const host = { executor_host_uri: HostUri.optional(), cluster_public_ip: PublicIp.optional() }

/** An executor as it is registered: the documented sample, with or without the `cluster_public_ip` that the original demanded. */
export const NewExecutor = z.looseObject({ executor_id: ExecutorId, ...z.object(given).partial().shape, ...host })
export type NewExecutor = z.infer<typeof NewExecutor>

/** What a `PUT` may carry: the fields that it changes, or the whole entry. */
export const ExecutorChange = NewExecutor.partial()
export type ExecutorChange = z.infer<typeof ExecutorChange>

/** What only the system writes about an executor; kept beside the entry, never inside. */
export const ExecutorSystem = z.object({
  /** Of what `create-infra` made; `creating` and `removing` stand until the next task where a task died. */
  infra: InfraState,
  /** UID of `kube-system` of the cluster that it was built on. */
  clusterUid: z.string().nullable(),
})
export type ExecutorSystem = z.infer<typeof ExecutorSystem>

export const newExecutorSystem: ExecutorSystem = { infra: 'absent', clusterUid: null }

/** What the system writes itself; beside these it owns `executor_id` after the registration. */
export const executorSystemFields: readonly string[] = [...systemFields, 'executor_status']

/**
 * The entry that a body makes of a former one. The address follows a given public IP, as documented; with both, the URI given
 * in so many words wins.
 */
export function toExecutor(before: Partial<Executor>, { cluster_public_ip: ip, ...body }: ExecutorChange): Executor {
  const own = Object.entries(body).filter(([name]) => !executorSystemFields.includes(name))
  const derived = ip === undefined ? {} : { executor_host_uri: hostUriOf(ip) }
  return Executor.parse({
    executor_host_uri: '',
    executor_metadata: {},
    executor_hardware_info: {},
    executor_status: 'healthy',
    ...before,
    ...derived,
    ...Object.fromEntries(own),
  })
}

const hostUriOf = (ip: string): string => `http://${ip.includes(':') ? `[${ip}]` : ip}:${executorNodePort}`

function isBase(text: string): boolean {
  const url = URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false
  return url.username === '' && url.password === '' && url.search === '' && url.hash === ''
}
