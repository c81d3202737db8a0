import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { GridError } from '@gridgate/core/errors'
import { type Kubeconfig, sanitise } from './kubeconfig.ts'
import { kubeconfigBytesMax, readKubeconfig } from './kubeconfig-text.ts'
import { listAt, member, textAt } from './object.ts'

/** Fields that name a file beside the kubeconfig, and the field that holds the content itself. */
const fileFields: Record<string, { into: string; encode: boolean }> = {
  'certificate-authority': { into: 'certificate-authority-data', encode: true },
  'client-certificate': { into: 'client-certificate-data', encode: true },
  'client-key': { into: 'client-key-data', encode: true },
  tokenFile: { into: 'token', encode: false },
}

/** A kubeconfig of this machine's user. */
export interface KubeconfigFile {
  /** Name of the context that was taken. */
  context: string
  kubeconfig: Kubeconfig
}

/**
 * Reads a kubeconfig file of the user's own, as kubectl does: certificates, keys and tokens may be files beside it, as
 * minikube writes them. Everything else that `sanitise` refuses is refused here too. Never for what a caller sent.
 * @param context name of the context; the current one without it
 * @throws {GridError} `kubeconfig.invalid` with the reason, never a value
 */
export function readKubeconfigFile(path: string, context?: string): KubeconfigFile {
  const reading = readKubeconfig(read(path))
  if ('problem' in reading) throw new GridError('kubeconfig.invalid', `${path} is not a kubeconfig: ${reading.problem}`)
  const document = reading.value as Record<string, unknown>
  const name = context ?? textAt(document, 'current-context')
  if (!name) throw new GridError('kubeconfig.invalid', `${path} has no current context: name one with --context`)
  const names = listAt(document, 'contexts').map((entry) => textAt(entry, 'name') ?? '')
  if (!names.includes(name))
    throw new GridError('kubeconfig.invalid', `${path} has no context ${name}; it has ${names.join(', ') || 'none'}`)
  const folder = dirname(resolve(path))
  const inlined = {
    ...document,
    'current-context': name,
    clusters: listAt(document, 'clusters').map((entry) => withContents(entry, 'cluster', folder)),
    users: listAt(document, 'users').map((entry) => withContents(entry, 'user', folder)),
  }
  return { context: name, kubeconfig: sanitise(inlined) }
}

/** An entry whose files cannot be read stays as it is: it may belong to another context, and is refused if it does not. */
function withContents(entry: unknown, key: string, folder: string): unknown {
  const value = member(entry, key)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return entry
  const settled: Record<string, unknown> = { ...value }
  for (const [field, { into, encode }] of Object.entries(fileFields)) {
    const file = settled[field]
    if (typeof file !== 'string' || file === '') continue
    try {
      const text = read(resolve(folder, file))
      settled[into] ??= encode ? Buffer.from(text).toString('base64') : text.trim()
      delete settled[field]
    } catch {}
  }
  return { ...(entry as object), [key]: settled }
}

function read(path: string): string {
  try {
    if (statSync(path).size > kubeconfigBytesMax) throw new Error('too large')
    return readFileSync(path, 'utf8')
  } catch {
    throw new GridError('kubeconfig.invalid', `${path} cannot be read, or is larger than ${kubeconfigBytesMax} bytes`)
  }
}
