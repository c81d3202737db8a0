import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { buildPrograms, type Say, type Versions } from './build-programs.ts'

/** What a changed build depends on. */
const sources = ['go.mod', 'go.sum', 'cmd/kubernetes/main.go', 'build-programs.ts', 'ingress-kinds.ts']
const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')

/**
 * The folder with the real Kubernetes programs: KUBEBUILDER_ASSETS where it is set, which may hold the three of envtest only;
 * else `~/.cache/gridgate-kube`, built from Go modules when it is not there yet.
 * @throws {Error} in one line that says what to install
 */
export async function findPrograms(say: Say): Promise<string> {
  const given = process.env.KUBEBUILDER_ASSETS
  if (given) {
    const missing = ['etcd', 'kube-apiserver'].filter((name) => !existsSync(join(given, name)))
    if (missing.length > 0) throw new Error(`KUBEBUILDER_ASSETS=${given} lacks ${missing.join(' and ')}`)
    return given
  }
  const versions = pinnedVersions()
  const folder = builtFolder(versions)
  if (!existsSync(folder)) await buildPrograms(folder, versions, say)
  return folder
}

/** The kubectl among them, or null while they are not built. */
export function findKubectl(): string | null {
  const program = join(process.env.KUBEBUILDER_ASSETS || builtFolder(pinnedVersions()), 'kubectl')
  return existsSync(program) ? program : null
}

function builtFolder({ kubernetes }: Versions): string {
  const key = createHash('sha256').update(sources.map(read).join('\0')).digest('hex').slice(0, 12)
  return join(homedir(), '.cache/gridgate-kube', `${kubernetes}-${process.platform}-${process.arch}-${key}`)
}

function pinnedVersions(): Versions {
  const text = read('go.mod')
  const versionOf = (pattern: RegExp): string => {
    const found = pattern.exec(text)?.[1]
    if (found === undefined) throw new Error(`go.mod does not say ${pattern}`)
    return found
  }
  return {
    kubernetes: versionOf(/\sk8s\.io\/kubernetes (v\S+)/),
    kwok: versionOf(/\ssigs\.k8s\.io\/kwok (v\S+)/),
    go: versionOf(/^go (\S+)/m),
  }
}
