import type { Tree } from '../object.ts'
import { apiVersionOf, type Resource, type Resources } from '../resources.ts'
import { noSuchPath } from '../status-error.ts'
import type { ApiReply } from './request.ts'
import { reviewKinds } from './reviews.ts'
import { podSubresources } from './subresources.ts'

const objectVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const statusVerbs = ['get', 'patch', 'update']
const aggregatedTypes = ['v2', 'v2beta1'] as const

/** One served name: a resource, a subresource or a review. */
interface Entry {
  name: string
  singular: string
  namespaced: boolean
  kind: string
  group: string
  version: string
  verbs: readonly string[]
  shortNames: readonly string[]
  categories: readonly string[]
}

/** Answers `/api`, `/apis`, `/api/v1`, `/apis/<group>` and `/apis/<group>/<version>`; aggregated where the client asks for it. */
export function handleDiscovery(resources: Resources, path: string, accept: string): ApiReply {
  const aggregated = aggregatedTypes.find(
    (version) => accept.includes('as=APIGroupDiscoveryList') && accept.includes(`v=${version}`),
  )
  const parts = path.split('/').filter((part) => part !== '')
  const groups = groupVersions(resources)
  if (parts.length === 1 && aggregated) return aggregatedReply(resources, groups, parts[0] === 'api', aggregated)
  if (path.startsWith('/apis')) return namedGroups(resources, groups, parts)
  if (parts.length === 1)
    return { status: 200, body: { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] } }
  if (parts[1] === 'v1' && parts.length === 2) return resourceList(resources, '', 'v1')
  throw noSuchPath()
}

function namedGroups(resources: Resources, groups: Groups, parts: readonly string[]): ApiReply {
  const [, group = '', version] = parts
  if (parts.length === 1)
    return {
      status: 200,
      body: {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: [...groups.keys()].filter((name) => name !== '').map((name) => groupBody(groups, name)),
      },
    }
  if (!groups.has(group) || group === '') throw noSuchPath()
  if (version === undefined)
    return { status: 200, body: { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(groups, group) } }
  if (parts.length > 3 || !groups.get(group)?.includes(version)) throw noSuchPath()
  return resourceList(resources, group, version)
}

type Groups = ReadonlyMap<string, readonly string[]>

/** The versions of each group, in the order of preference. */
export function groupVersions(resources: Resources): Groups {
  const groups = new Map<string, string[]>(Object.keys(reviewKinds).map((group) => [group, ['v1']]))
  for (const { group, version } of resources.all()) {
    const versions = groups.get(group) ?? []
    groups.set(group, versions.includes(version) ? versions : [...versions, version])
  }
  return groups
}

function groupBody(groups: Groups, name: string): Tree {
  const versions = (groups.get(name) ?? []).map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

function entriesOf(resources: Resources, group: string, version: string): Entry[] {
  const ofResources = resources
    .all()
    .filter((each) => each.group === group && each.version === version)
    .flatMap(resourceEntries)
  const ofReviews = version === 'v1' ? (reviewKinds[group] ?? []) : []
  const reviews = ofReviews.map(({ plural, kind, namespaced }) => ({
    ...{ name: plural, singular: kind.toLowerCase(), namespaced, kind, group, version },
    ...{ verbs: ['create'], shortNames: [], categories: [] },
  }))
  return [...ofResources, ...reviews]
}

function resourceEntries(resource: Resource): Entry[] {
  const { plural, singular, namespaced, kind, group, version, shortNames, categories } = resource
  const own: Entry = {
    name: plural,
    singular,
    namespaced,
    kind,
    group,
    version,
    // Namespaces go one by one.
    verbs: kind === 'Namespace' ? objectVerbs.filter((verb) => verb !== 'deletecollection') : objectVerbs,
    shortNames,
    categories,
  }
  const below = (name: string, of: Partial<Entry>): Entry => ({
    ...own,
    name: `${plural}/${name}`,
    singular: '',
    shortNames: [],
    categories: [],
    ...of,
  })
  const entries = [own]
  if (resource.hasStatus) entries.push(below('status', { verbs: statusVerbs }))
  if (resource.hasScale)
    entries.push(below('scale', { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: statusVerbs }))
  if (kind === 'Pod') entries.push(...podSubresources.map(({ name, ...of }) => below(name, of)))
  if (kind === 'ServiceAccount')
    entries.push(below('token', { kind: 'TokenRequest', group: 'authentication.k8s.io', verbs: ['create'] }))
  if (kind === 'Namespace') entries.push(below('finalize', { verbs: ['update'] }))
  return entries
}

function resourceList(resources: Resources, group: string, version: string): ApiReply {
  const groupVersion = group === '' ? version : `${group}/${version}`
  const list = entriesOf(resources, group, version).map((entry) => ({
    name: entry.name,
    singularName: entry.singular,
    namespaced: entry.namespaced,
    ...(entry.group === group && entry.version === version ? {} : { group: entry.group, version: entry.version }),
    kind: entry.kind,
    verbs: entry.verbs,
    ...(entry.shortNames.length > 0 ? { shortNames: entry.shortNames } : {}),
    ...(entry.categories.length > 0 ? { categories: entry.categories } : {}),
  }))
  return { status: 200, body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: list } }
}

function aggregatedReply(resources: Resources, groups: Groups, isCore: boolean, version: string): ApiReply {
  const names = [...groups.keys()].filter((name) => (name === '') === isCore)
  const items = names.map((name) => ({
    metadata: name === '' ? { creationTimestamp: null } : { name, creationTimestamp: null },
    versions: (groups.get(name) ?? []).map((each) => ({
      version: each,
      freshness: 'Current',
      resources: aggregatedResources(resources, name, each),
    })),
  }))
  const body = { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items }
  return {
    status: 200,
    text: JSON.stringify(body),
    contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
  }
}

function aggregatedResources(resources: Resources, group: string, version: string): Tree[] {
  const entries = entriesOf(resources, group, version)
  const kindOf = (entry: Entry): Tree => ({ group: entry.group, version: entry.version, kind: entry.kind })
  return entries
    .filter((entry) => !entry.name.includes('/'))
    .map((entry) => ({
      resource: entry.name,
      responseKind: kindOf(entry),
      scope: entry.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: entry.singular,
      verbs: entry.verbs,
      ...(entry.shortNames.length > 0 ? { shortNames: entry.shortNames } : {}),
      ...(entry.categories.length > 0 ? { categories: entry.categories } : {}),
      subresources: entries
        .filter((each) => each.name.startsWith(`${entry.name}/`))
        .map((each) => ({
          subresource: each.name.slice(entry.name.length + 1),
          responseKind: kindOf(each),
          verbs: each.verbs,
        })),
    }))
}

/** `apps/v1` style names of all served group versions, as OpenAPI v3 lists them: `api/v1`, `apis/apps/v1`. */
export const openapiPaths = (resources: Resources): string[] => [
  ...new Set(resources.all().map((resource) => `${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`)),
]
