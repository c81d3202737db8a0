import { GridError } from '@gridgate/core/errors'
import { collect } from '../collect.ts'
import { kinds } from '../kinds.ts'
import { selects } from '../label-selector.ts'
import { type KubernetesObject, listAt, member, textAt } from '../object.ts'
import type { RemedyClient } from './machine-system.ts'

/**
 * Makes sure that a MachineHealthCheck will act on the mark, and by replacing: a mark that nobody looks at would be acted on
 * whenever somebody makes a health check, long after the action.
 * @throws {GridError} `provider.refused`; `provider.throttled` where it allows no remediation at the moment
 */
export async function requireHealthCheck(client: RemedyClient, machine: KubernetesObject): Promise<void> {
  const { apiVersion, metadata } = machine
  const { namespace = '', name } = metadata
  const kind =
    apiVersion === kinds.machineV1Beta1.apiVersion ? kinds.machineHealthCheckV1Beta1 : kinds.machineHealthCheck
  const checks = await collect(client, kind, { namespace }, (check) => (covers(check, machine) ? check : null))
  if (checks.length === 0)
    throw new GridError('provider.refused', `no MachineHealthCheck covers Machine ${name}, so nobody would replace it`)
  const external = checks.find(isExternal)
  if (external)
    throw new GridError(
      'provider.refused',
      `MachineHealthCheck ${external.metadata.name} hands its Machines to another system, which may do otherwise than replace`,
    )
  if (checks.every(isExhausted))
    throw new GridError(
      'provider.throttled',
      `too many Machines are unhealthy for another remediation: Machine ${name}`,
    )
}

function covers(check: KubernetesObject, { spec, metadata }: KubernetesObject): boolean {
  const isPaused = check.metadata.annotations?.['cluster.x-k8s.io/paused'] !== undefined
  const isOfCluster = textAt(check, 'spec', 'clusterName') === textAt(spec, 'clusterName')
  return !isPaused && isOfCluster && selects(member(check, 'spec', 'selector'), metadata.labels ?? {})
}

/** In the words of v1beta2 and of v1beta1. */
const isExternal = (check: KubernetesObject): boolean =>
  member(check, 'spec', 'remediation', 'templateRef') !== undefined ||
  member(check, 'spec', 'remediationTemplate') !== undefined

const isExhausted = (check: KubernetesObject): boolean =>
  listAt(check, 'status', 'conditions').some(
    (one) => textAt(one, 'type') === 'RemediationAllowed' && textAt(one, 'status') === 'False',
  )
