import { type KubeObject, type Tree, textAt, treeAt, treesAt } from '../object.ts'
import type { Container, Pod } from '../shapes.ts'
import type { Store } from '../store.ts'

/** Texts by name, or the first thing that a container needs and that is not there. */
export interface Collected {
  values: Record<string, string>
  missing: string | undefined
}

const decoded = (secret: KubeObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(treeAt(secret, 'data')).map(([key, text]) => [
      key,
      Buffer.from(String(text), 'base64').toString('utf8'),
    ]),
  )

const plain = (map: KubeObject): Record<string, string> =>
  Object.fromEntries(Object.entries(treeAt(map, 'data')).map(([key, text]) => [key, String(text)]))

type Source = 'configmap' | 'secret'

function dataOf(store: Store, namespace: string, source: Source, name: string): Record<string, string> | undefined {
  const found = store.get(`${source}s`, namespace, name)
  return found && (source === 'secret' ? decoded(found) : plain(found))
}

/** The environment of a container, with references to ConfigMaps, Secrets and the pod itself resolved. */
export function podEnvironment(store: Store, pod: Pod, container: Container, ip: string): Collected {
  const out: Collected = { values: {}, missing: undefined }
  const namespace = pod.metadata.namespace ?? ''
  for (const from of container.envFrom ?? []) {
    const source: Source = from.secretRef ? 'secret' : 'configmap'
    const reference = from.secretRef ?? from.configMapRef
    const data = dataOf(store, namespace, source, reference?.name ?? '')
    if (!data && !reference?.optional) out.missing ??= `${source} ${JSON.stringify(reference?.name)} not found`
    for (const [key, value] of Object.entries(data ?? {})) out.values[`${from.prefix ?? ''}${key}`] = value
  }
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? referenced(store, pod, variable.valueFrom, ip, out) : (variable.value ?? '')
    if (value !== undefined) out.values[variable.name] = expanded(value, out.values)
  }
  return out
}

/** `$(NAME)` is replaced by a variable that was set before; `$$` stands for one `$`. */
const expanded = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\$|\$\((\w+)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (values[name] ?? whole),
  )

function referenced(store: Store, pod: Pod, from: Tree, ip: string, out: Collected): string | undefined {
  const field = textAt(from, 'fieldRef', 'fieldPath')
  if (field !== '') return fieldOf(pod, field, ip)
  const source: Source = from.secretKeyRef ? 'secret' : 'configmap'
  const reference = treeAt(from, source === 'secret' ? 'secretKeyRef' : 'configMapKeyRef')
  if (reference.name === undefined) return ''
  const data = dataOf(store, pod.metadata.namespace ?? '', source, String(reference.name))
  const value = data?.[String(reference.key)]
  if (value === undefined && reference.optional !== true)
    out.missing ??= data
      ? `couldn't find key ${String(reference.key)} in ${source} ${String(reference.name)}`
      : `${source} ${JSON.stringify(reference.name)} not found`
  return value
}

function fieldOf(pod: Pod, field: string, ip: string): string {
  const named = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(field)
  if (named) return pod.metadata[named[1] as 'labels' | 'annotations']?.[named[2] ?? ''] ?? ''
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'spec.serviceAccountName': pod.spec.serviceAccountName,
    'status.podIP': ip,
    'status.hostIP': pod.status?.hostIP ?? '127.0.0.1',
  }
  return fields[field] ?? ''
}

/** The files that a container sees from ConfigMap, Secret and projected volumes, by absolute path. */
export function podFiles(store: Store, pod: Pod, container: Container): Collected {
  const out: Collected = { values: {}, missing: undefined }
  for (const mount of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find((each) => each.name === mount.name)
    if (!volume) continue
    const sources = [volume, ...treesAt(volume, 'projected', 'sources')]
    for (const [path, text] of sources.flatMap((source) => sourceFiles(store, pod, source, out))) {
      if (mount.subPath !== undefined && path !== mount.subPath) continue
      out.values[mount.subPath === undefined ? `${mount.mountPath.replace(/\/$/, '')}/${path}` : mount.mountPath] = text
    }
  }
  return out
}

function sourceFiles(store: Store, pod: Pod, volume: Tree, out: Collected): [path: string, text: string][] {
  const source: Source | undefined = volume.secret ? 'secret' : volume.configMap ? 'configmap' : undefined
  if (!source) return []
  const reference = treeAt(volume, source === 'secret' ? 'secret' : 'configMap')
  const name = String(reference.secretName ?? reference.name)
  const data = dataOf(store, pod.metadata.namespace ?? '', source, name)
  if (!data) {
    if (reference.optional !== true)
      out.missing ??= `MountVolume.SetUp failed: ${source} ${JSON.stringify(name)} not found`
    return []
  }
  const items = treesAt(reference, 'items')
  if (items.length === 0) return Object.entries(data)
  return items.map((item) => [textAt(item, 'path'), data[textAt(item, 'key')] ?? ''])
}
