import { executorName, executorNodePort } from '@gridgate/core/executor/executor'
import type { ExecutorBuilder, ExecutorTarget } from '@gridgate/core/executor/executor-builder'
import { applyAll } from '@gridgate/kube/apply'
import { executorObjects } from '@gridgate/kube/components/executor'
import { policiesNamespace } from '@gridgate/kube/components/names'
import type { KubernetesObject } from '@gridgate/kube/object'
import { executorPreflight, requireIdentity } from '@gridgate/kube/preflight'
import type { KubernetesOptions } from './kubernetes.ts'
import { connector, judge, requireNothingForeign, said } from './kubernetes-site.ts'

/** Builds executors with packages/kube, in the way that `kubernetes` builds the infrastructure of clusters. */
export function executorBuilder({
  setup,
  gatewayKeys,
  open,
}: Pick<KubernetesOptions, 'setup' | 'gatewayKeys' | 'open'>): ExecutorBuilder {
  const on = connector(open)
  const objects = async ({ executorId: id, processesMax, mapping }: ExecutorTarget): Promise<KubernetesObject[]> =>
    executorObjects({ id, processesMax, mapping }, { ...setup, gatewayKeys: await gatewayKeys() })
  return {
    inspect: (site, known) =>
      on(site, (client) =>
        executorPreflight(client, { owner: site.owner, identity: known, nodePort: executorNodePort }),
      ),
    apply: (target) =>
      on(target, async (client) =>
        said(await applyAll(client, executorName(target.executorId), await objects(target))),
      ),
    readiness: (target) => on(target, async (client) => judge(client, await objects(target))),
    requireRemovable: (site, known) =>
      on(site, async (client) => {
        await requireIdentity(client, site.owner, known)
        await requireNothingForeign(client, site.owner, [policiesNamespace])
      }),
  }
}
