import type { Ports } from '@gridgate/core/ports'
import { portName } from '@gridgate/runtime/rights'

/** The ports that a manifest's row names, and no others, however it says that they are used. */
export const portsOfRow = (ports: Ports, row: { ports: readonly string[] } | undefined): Partial<Ports> =>
  Object.fromEntries((row?.ports ?? []).map(portName).map((name) => [name, ports[name as keyof Ports]]))
