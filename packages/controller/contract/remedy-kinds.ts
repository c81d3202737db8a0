import type { Client } from '../../kube/contract/client.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/** The kinds of Karpenter and Cluster API that a repair touches, as far as it looks at them. */
const kinds = [
  { group: 'karpenter.sh', version: 'v1', kind: 'NodeClaim', plural: 'nodeclaims', scope: 'Cluster' },
  { group: 'cluster.x-k8s.io', version: 'v1beta2', kind: 'Machine', plural: 'machines', scope: 'Namespaced' },
  {
    group: 'cluster.x-k8s.io',
    version: 'v1beta2',
    kind: 'MachineHealthCheck',
    plural: 'machinehealthchecks',
    scope: 'Namespaced',
  },
] as const

/** Installs the kinds, and waits until the cluster tells of them. */
export async function installKinds(plain: Client): Promise<void> {
  for (const { group, version, kind, plural, scope } of kinds) {
    await plain.post(definitions, {
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
        scope,
        versions: [
          {
            name: version,
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            subresources: { status: {} },
          },
        ],
      },
    })
    await plain.until(`/apis/${group}/${version}`, ({ body }) =>
      body.resources?.some((served: { name: string }) => served.name === plural),
    )
    await plain.until(`/apis/${group}/${version}/${plural}`, ({ status }) => status === 200)
  }
}

/** Removes the kinds with all objects of them. */
export async function removeKinds(plain: Client): Promise<void> {
  for (const { group, plural } of kinds) {
    await plain.remove(`${definitions}/${plural}.${group}`)
    await plain.until(`${definitions}/${plural}.${group}`, ({ status }) => status === 404)
  }
}
