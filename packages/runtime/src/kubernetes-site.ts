import { GridError } from '@gridgate/core/errors'
import type { InfraSite } from '@gridgate/core/infra/infra-builder'
import type { Applied } from '@gridgate/kube/apply'
import type { KubeClient } from '@gridgate/kube/client'
import { foreignObjects } from '@gridgate/kube/foreign-objects'
import { type Kubeconfig, sanitise } from '@gridgate/kube/kubeconfig'
import { describeReference, type KubernetesObject, referenceOf } from '@gridgate/kube/object'
import { isOwned } from '@gridgate/kube/ownership'
import { checkReadiness, isReadyAsWritten } from '@gridgate/kube/readiness'

/** Fields that are named in a step's detail. */
const takenNamedMax = 10

/** What both builders do alike, whoever owns what they build. */

/** Works with a client of its own, closed again (spec/errors-and-gaps.md 5). */
export type OnSite = <T>(site: Pick<InfraSite, 'kubeconfig'>, use: (client: KubeClient) => Promise<T>) => Promise<T>

export const connector =
  (open: (kubeconfig: Kubeconfig) => KubeClient): OnSite =>
  async ({ kubeconfig }, use) => {
    const client = open(sanitise(kubeconfig))
    try {
      return await use(client)
    } finally {
      client.close()
    }
  }

/** Whether all objects do their work, by Kubernetes' own conditions, and what they wait for. */
export async function judge(
  client: KubeClient,
  objects: readonly KubernetesObject[],
  options: Parameters<typeof checkReadiness>[2] = {},
): Promise<{ ready: boolean; reason: string }> {
  const waitedFor = objects.filter((object) => !isReadyAsWritten(object))
  const judged = await checkReadiness(client, waitedFor.map(referenceOf), options)
  const waiting = judged.filter(({ ready }) => !ready)
  if (waiting.length === 0) return { ready: true, reason: `${judged.length} objects are ready` }
  return { ready: false, reason: waiting.map((one) => `${describeReference(one)} ${one.reason}`).join('; ') }
}

/** `created 2, unchanged 1: Deployment metrics/cluster-metrics, …` */
export function said(applied: readonly Applied[]): string {
  const outcomes = ['created', 'changed', 'unchanged', 'left'] as const
  const counts = outcomes.flatMap((outcome) => {
    const count = applied.filter((one) => one.outcome === outcome).length
    return count === 0 ? [] : [`${outcome === 'left' ? 'used as found' : outcome} ${count}`]
  })
  const taken = applied.flatMap((one) =>
    one.takenBack.map(({ manager, field }) => `${one.name} ${field} from ${manager}`),
  )
  const told = taken.length === 0 ? '' : `; took back ${taken.slice(0, takenNamedMax).join(', ')}`
  return `${counts.join(', ')}: ${applied.map(describeReference).join(', ')}${told}`
}

/** Refuses namespaces of the owner's that hold what is not its own. @throws {GridError} `infra.not_empty` */
export async function requireNothingForeign(
  client: KubeClient,
  owner: string,
  names: readonly string[],
): Promise<void> {
  const types = await client.resources()
  const others = withoutOwned(client, owner)
  const foreign: string[] = []
  for (const name of names) {
    const namespace = await client.get({ apiVersion: 'v1', kind: 'Namespace', name })
    if (!namespace || !isOwned(namespace, owner)) continue // it stays, with all that is in it
    foreign.push(...(await foreignObjects(others, types, name)))
  }
  if (foreign.length > 0)
    throw new GridError('infra.not_empty', `the namespaces hold what is not ours: ${foreign.slice(0, 10).join(', ')}`, {
      details: { foreign },
    })
}

/** The same cluster as seen by somebody who does not look at what is ours. */
const withoutOwned = (client: KubeClient, owner: string): KubeClient =>
  Object.assign(Object.create(client) as KubeClient, {
    list: async (...asked: Parameters<KubeClient['list']>) =>
      (await client.list(...asked)).filter((object) => !isOwned(object, owner)),
  })
