import type { KubernetesObject } from '../object.ts'
import type { InfraConfig } from './infra-config.ts'

const folder = '/etc/gridgate/gateway-keys'
const entry = 'jwks.json'

/** Where a program of ours finds the gateway's public keys. */
export const gatewayKeysFile = `${folder}/${entry}`

const objectName = (name: string): string => `${name}-gateway-keys`

/** Public keys, so no Secret. A file of its own, which a running program reads anew when keys rotate. */
export function gatewayKeysObject(
  name: string,
  namespace: string,
  config: Pick<InfraConfig, 'gatewayKeys'>,
): KubernetesObject {
  const keys = { keys: config.gatewayKeys }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: objectName(name), namespace },
    data: { [entry]: `${JSON.stringify(keys, null, 2)}\n` },
  }
}

export const gatewayKeysVolume = (name: string): Record<string, unknown> => ({
  name: 'gateway-keys',
  configMap: { name: objectName(name) },
})

export const gatewayKeysMount = { name: 'gateway-keys', mountPath: folder, readOnly: true } as const
