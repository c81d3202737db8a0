import { GridError } from '@gridgate/core/errors'
import { addressProblems, defaultImages, type InfraConfig } from '@gridgate/kube/components/infra-config'
import { z } from 'zod'

const Image = z
  .string()
  .regex(/^[^\s:@]+(:\d+)?[^\s:@]*(:[\w.-]+|(:[\w.-]+)?@sha256:[0-9a-f]{64})$/, 'must name a version or a digest')

const Storage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ephemeral'), gibibytesMax: z.number().int().min(1) }),
  z.object({
    kind: z.literal('persistent'),
    gibibytes: z.number().int().min(1),
    storageClass: z.string().exactOptional(),
  }),
])

/** GRIDGATE_INFRA_CONFIG: what a deployment decides about the infrastructure of every cluster. */
const Settings = z.strictObject({
  images: z
    .strictObject({
      controller: Image.default(defaultImages.controller),
      metricsDatabase: Image.default(defaultImages.metricsDatabase),
      metricsWriter: Image.default(defaultImages.metricsWriter),
      nodeExporter: Image.default(defaultImages.nodeExporter),
      gpuExporter: Image.default(defaultImages.gpuExporter),
    })
    .prefault({}),
  storage: Storage.default({ kind: 'persistent', gibibytes: 10 }),
  retentionDays: z.number().int().min(1).max(3650).default(30),
  gatewayUrl: z.url(),
  services: z.record(z.string(), z.string()).default({}),
  gpuNodeLabel: z.record(z.string(), z.string()).default({ 'nvidia.com/gpu.present': 'true' }),
  /** Which Gateway takes the routes, on clusters that have several. */
  gateway: z.strictObject({ namespace: z.string(), name: z.string() }).exactOptional(),
})
export type InfraSetup = z.infer<typeof Settings> & Omit<InfraConfig, 'gatewayKeys'>

/**
 * Reads the configuration of the infrastructure.
 * @param allowInner takes addresses that mean something on this machine only: the local product
 * @throws {GridError} `service.unavailable` naming what is wrong
 */
export function readInfraSetup(json: string, allowInner: boolean): InfraSetup {
  const parsed = Settings.safeParse(parseJson(json))
  const problems = parsed.success
    ? addressProblems(parsed.data, allowInner)
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
  if (parsed.success && problems.length === 0) return parsed.data
  throw new GridError('service.unavailable', `GRIDGATE_INFRA_CONFIG is not usable: ${problems.join('; ')}`)
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
