import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

interface Definition {
  metadata: { name: string }
  spec: { conversion?: unknown; versions: { name: string; storage: boolean }[] }
}

interface Source {
  module: string
  /** The module's checksum as go.sum would have it. */
  sum: string
  file: string
  /** Which definition of the file. */
  name: string
  /** The version that is stored, where the file says another. */
  storage?: string
}

const gatewayApi = {
  module: 'sigs.k8s.io/gateway-api@v1.4.1',
  sum: 'h1:NPxFutNkKNa8UfLd2CMlEuhIPMQgDQ6DXNKG9sHbJU8=',
}
const gatewayKind = (plural: string): Source => ({
  ...gatewayApi,
  file: `config/crd/standard/gateway.networking.k8s.io_${plural}.yaml`,
  name: `${plural}.gateway.networking.k8s.io`,
})

const sources: readonly Source[] = [
  gatewayKind('gatewayclasses'),
  gatewayKind('gateways'),
  gatewayKind('httproutes'),
  {
    module: 'github.com/emissary-ingress/emissary/v3@v3.9.1',
    sum: 'h1:viQmJlNd0XbnPHOcmIOv3AM2J6nrSYCrAZpew0KnUGk=',
    file: 'manifests/emissary/emissary-crds.yaml.in',
    name: 'mappings.getambassador.io',
    // It has every field of the older ones that Gridgate uses.
    storage: 'v3alpha1',
  },
]

/** The files that hold the definitions. */
export const ingressKindFiles = sources.map(({ name }) => `ingress-${name}.yaml`)

/**
 * Writes the definitions of the kinds that the product routes with, as their projects publish them. Their conversion
 * webhook does not run here, so all versions of a kind are read as if they were one.
 * @param download answers `go mod download -json` for a module
 * @throws {Error} when a module is not the one that was pinned
 */
export function copyIngressKinds(folder: string, download: (module: string) => string): void {
  for (const source of sources) {
    const { Dir, Sum } = JSON.parse(download(source.module)) as { Dir: string; Sum: string }
    if (Sum !== source.sum) throw new Error(`${source.module} has the checksum ${Sum}, not ${source.sum}`)
    const documents = readFileSync(join(Dir, source.file), 'utf8').split(/^---$/m)
    const text = documents.find((document) => document.includes(`\n  name: ${source.name}\n`))
    if (text === undefined) throw new Error(`${source.module} defines no ${source.name}`)
    const definition = parse(text) as Definition
    writeFileSync(join(folder, `ingress-${source.name}.yaml`), stringify(withoutWebhook(definition, source.storage)))
  }
}

function withoutWebhook(definition: Definition, storage: string | undefined): Definition {
  const { conversion: _, ...spec } = definition.spec
  const versions = spec.versions.map((version) => ({ ...version, storage: version.name === storage }))
  return { ...definition, spec: { ...spec, versions: storage === undefined ? spec.versions : versions } }
}
