import { keepDeed } from '../audit/keep-entry.ts'
import type { Needs } from '../ports.ts'

/** Makes the gateway's first signing key where there is none, which the audit log then tells. */
export async function ensureGatewayKey(ports: Needs<'gatewayKeys' | 'audit' | 'log'>): Promise<void> {
  if (!(await ports.gatewayKeys.ensure())) return
  const [by, operation] = ['make-gateway-key', 'gateway_key.make']
  await keepDeed(ports, { by, operation, clusterId: null, subject: 'gateway-keys' })
}
