import type { Tree } from './object.ts'

interface Definition {
  group: string
  versions: readonly string[]
  kind: string
  plural: string
  shortNames?: readonly string[]
  scope?: 'Cluster'
  columns?: readonly Tree[]
}

/** What a cluster of the network brings beside Kubernetes itself: an ingress' kinds and JobSet (spec decisions 53). */
const definitions: readonly Definition[] = [
  { group: 'getambassador.io', versions: ['v2', 'v3alpha1'], kind: 'Mapping', plural: 'mappings' },
  { group: 'gateway.networking.k8s.io', versions: ['v1'], kind: 'Gateway', plural: 'gateways', shortNames: ['gtw'] },
  {
    group: 'gateway.networking.k8s.io',
    versions: ['v1'],
    kind: 'GatewayClass',
    plural: 'gatewayclasses',
    shortNames: ['gc'],
    scope: 'Cluster',
  },
  { group: 'gateway.networking.k8s.io', versions: ['v1'], kind: 'HTTPRoute', plural: 'httproutes' },
  {
    group: 'jobset.x-k8s.io',
    versions: ['v1alpha2'],
    kind: 'JobSet',
    plural: 'jobsets',
    columns: [
      { name: 'TerminalState', type: 'string', jsonPath: '.status.terminalState' },
      { name: 'Restarts', type: 'string', jsonPath: '.status.restarts' },
      { name: 'Completed', type: 'string', jsonPath: '.status.conditions[?(@.type=="Completed")].status' },
      { name: 'Suspended', type: 'string', jsonPath: '.spec.suspend' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  },
]

/** True for the kinds of this page: their structure is built in, the published schema is open. */
export const isInstalled = (group: string, kind: string): boolean =>
  definitions.some((each) => each.group === group && each.kind === kind)

/** The CustomResourceDefinitions that every simulated cluster has. */
export function installedDefinitions(): Tree[] {
  return definitions.map(({ group, versions, kind, plural, shortNames, scope, columns }) => {
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        names: {
          plural,
          kind,
          singular: kind.toLowerCase(),
          listKind: `${kind}List`,
          ...(shortNames ? { shortNames } : {}),
        },
        scope: scope ?? 'Namespaced',
        versions: versions.map((name, index) => ({
          name,
          served: true,
          storage: index === 0,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          subresources: { status: {} },
          ...(columns ? { additionalPrinterColumns: columns } : {}),
        })),
      },
    }
  })
}
