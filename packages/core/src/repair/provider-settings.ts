import { z } from 'zod'
import { roleArnPattern } from './role-arn.ts'

/** How a cluster's instances are repaired, as its failover settings hold it (`providers` of spec/decisions.md 38, 40). */
export interface ProviderEntry {
  kind: string
  role_arn?: string | undefined
  workload_identity?: string | undefined
  /** Accounts, projects, NodePools or namespaces; for `redfish` and `webhook` addresses. Nowhere else is anything done. */
  allow: readonly string[]
}

const RoleArn = z.string().regex(roleArnPattern, 'role_arn must be the ARN of a role')
const Accounts = z.array(z.string().regex(/^\d{12}$/, 'allow must hold accounts of 12 digits')).min(1)

/**
 * Trust between a Google workload identity pool and the gateway's own AWS role, so that no key is ever kept: the provider of
 * the pool, and after `#` the service account to act as; without one the role acts by itself.
 */
const identityText =
  /^(\/\/iam\.googleapis\.com\/projects\/\d{1,20}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32})(?:#([a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9.-]{2,80}\.iam\.gserviceaccount\.com))?$/
const WorkloadIdentity = z
  .string()
  .regex(
    identityText,
    'workload_identity must be //iam.googleapis.com/projects/…/workloadIdentityPools/…/providers/…#service-account',
  )
  .transform((text) => {
    const [, audience = '', serviceAccount = null] = identityText.exec(text) ?? []
    return { audience, serviceAccount }
  })
export type WorkloadIdentity = z.output<typeof WorkloadIdentity>

const Address = z.string().regex(/^https:\/\//, 'allow must hold https addresses')

export const Ec2Settings = z.object({ kind: z.literal('ec2'), role_arn: RoleArn, allow: Accounts })
export type Ec2Settings = z.output<typeof Ec2Settings>

export const GceSettings = z.object({
  kind: z.literal('gce'),
  workload_identity: WorkloadIdentity,
  allow: z.array(z.string().regex(/^[a-z0-9][a-z0-9.:-]{0,100}$/, 'allow must hold ids of projects')).min(1),
})
export type GceSettings = z.output<typeof GceSettings>

/** Experimental. */
export const HyperPodSettings = z.object({ kind: z.literal('hyperpod'), role_arn: RoleArn, allow: Accounts })
export type HyperPodSettings = z.output<typeof HyperPodSettings>

/** Experimental: the address of a node's system, with `{node}` for the node's name. */
export const RedfishSettings = z.object({ kind: z.literal('redfish'), allow: z.tuple([Address]) })
export type RedfishSettings = z.output<typeof RedfishSettings>

/** Experimental: the address that is told what to do. */
export const WebhookSettings = z.object({ kind: z.literal('webhook'), allow: z.tuple([Address]) })
export type WebhookSettings = z.output<typeof WebhookSettings>

/** Systems that keep machines as objects of the cluster: its controller is asked, which has the rights already. */
export const ControllerProvider = z.object({
  kind: z.enum(['karpenter', 'cluster_api']),
  /** NodePools of Karpenter; namespaces of Cluster API's Machines. */
  allow: z.array(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,252}$/, 'allow must hold NodePools or namespaces')).min(1),
})
export type ControllerProvider = z.output<typeof ControllerProvider>

/** An entry as an adapter needs it. Karpenter and Cluster API are no providers here: a cluster's controller asks them. */
export const ProviderSettings = z.discriminatedUnion('kind', [
  Ec2Settings,
  GceSettings,
  HyperPodSettings,
  RedfishSettings,
  WebhookSettings,
])
export type ProviderSettings = z.output<typeof ProviderSettings>
