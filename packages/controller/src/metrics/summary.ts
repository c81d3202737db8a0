import type { JsonObject } from '@gridgate/core/json'
import type { ControllerPorts } from '../controller-ports.ts'
import { databaseView } from './cluster-view.ts'

/** What the gateway keeps of this cluster: `{cluster: …}`, the documented global document without its nodes; null while no node reports. */
export async function readSummary(
  ports: Pick<ControllerPorts, 'settings' | 'database' | 'clock'>,
): Promise<JsonObject | null> {
  if (ports.settings.metricsDatabaseUrl === null) return null
  const cluster = await (await databaseView(ports, ports.clock.now())).totals()
  return cluster.nodes.reporting > 0 ? { cluster: cluster as unknown as JsonObject } : null
}
