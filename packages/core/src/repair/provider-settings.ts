import { z } from 'zod'

/** Accounts or projects of one provider in which a cluster may have instances repaired. */
const allowedMax = 20

/** Trust between a Google workload identity pool and the gateway's own AWS role: no key is ever kept (spec/decisions.md 38). */
export const WorkloadIdentity = z.object({
  audience: z
    .string()
    .regex(
      /^\/\/iam\.googleapis\.com\/projects\/\d{1,20}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32}$/,
      'must be //iam.googleapis.com/projects/…/workloadIdentityPools/…/providers/…',
    ),
  service_account: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{4,28}[a-z0-9]@[a-z][a-z0-9.-]{2,80}\.iam\.gserviceaccount\.com$/,
      'must be the e-mail address of a service account',
    ),
})
export type WorkloadIdentity = z.infer<typeof WorkloadIdentity>

const Ec2Settings = z.object({
  kind: z.literal('ec2'),
  role_arn: z
    .string()
    .regex(/^arn:aws(-cn|-us-gov)?:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of a role'),
  allow: z
    .array(z.string().regex(/^\d{12}$/, 'must be an account of 12 digits'))
    .min(1)
    .max(allowedMax),
})
export type Ec2Settings = z.infer<typeof Ec2Settings>

const GceSettings = z.object({
  kind: z.literal('gce'),
  workload_identity: WorkloadIdentity,
  allow: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9.:-]{0,100}$/, 'must be the id of a project'))
    .min(1)
    .max(allowedMax),
})
export type GceSettings = z.infer<typeof GceSettings>

/** How the instances of a cluster are repaired: with whose rights, and where alone (`providers` of spec/decisions.md 38, 40). */
export const ProviderSettings = z.discriminatedUnion('kind', [Ec2Settings, GceSettings])
export type ProviderSettings = z.infer<typeof ProviderSettings>
