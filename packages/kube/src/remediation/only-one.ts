import { GridError } from '@gridgate/core/errors'
import type { KubernetesObject } from '../object.ts'

/** The machine of a node, or null. @throws {GridError} `provider.refused` where several say to be */
export function onlyOne(machines: readonly KubernetesObject[], nodeName: string): KubernetesObject | null {
  const [machine = null, ...others] = machines
  if (others.length === 0) return machine
  throw new GridError('provider.refused', `${machines.length} machines say to be that of node ${nodeName}`)
}
