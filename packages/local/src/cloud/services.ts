import type { LocalKey } from '../aws/signature.ts'

/** The AWS services the product uses, by the ending of their endpoint variables (AWS SDKs Reference, "Service-specific endpoints"). */
export const serviceNames = ['DYNAMODB', 'SQS', 'SFN', 'LAMBDA', 'EVENTBRIDGE', 'KMS'] as const
export type ServiceName = (typeof serviceNames)[number]

type Environment = Record<string, string | undefined>

/** Where a service is that the user brings along, or null for the embedded one. */
export const externalEndpoint = (service: ServiceName, environment: Environment): string | null =>
  environment[`AWS_ENDPOINT_URL_${service}`] || environment.AWS_ENDPOINT_URL || null

/** Each address that the user brings along, with the first variable that names it. */
export function externalEndpoints(environment: Environment): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const service of serviceNames) {
    const endpoint = externalEndpoint(service, environment)
    const own = `AWS_ENDPOINT_URL_${service}`
    if (endpoint !== null && !found.has(endpoint)) found.set(endpoint, environment[own] ? own : 'AWS_ENDPOINT_URL')
  }
  return found
}

/** Whether a service is another emulator, such as LocalStack, and not AWS itself. */
export function isEmulated(service: ServiceName, environment: Environment): boolean {
  const endpoint = externalEndpoint(service, environment)
  return endpoint !== null && !/\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)
}

/** What every SDK client is told by its environment: each service's endpoint, embedded or not, and one key for all. */
export function clientEnvironment(
  environment: Environment,
  embedded: string,
  key: LocalKey,
  region: string,
): Record<string, string> {
  const endpoints = serviceNames.map((service) => [
    `AWS_ENDPOINT_URL_${service}`,
    externalEndpoint(service, environment) ?? embedded,
  ])
  return {
    ...Object.fromEntries(endpoints),
    AWS_ENDPOINT_URL: environment.AWS_ENDPOINT_URL || embedded,
    AWS_REGION: region,
    ...keyEnvironment(key),
  }
}

/** A key as clients read it from their environment. */
export const keyEnvironment = (key: LocalKey): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: key.accessKeyId,
  AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
})
