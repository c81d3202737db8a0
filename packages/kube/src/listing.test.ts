import { describe, expect, it } from 'vitest'
import { kinds } from './kinds.ts'
import { allResources, listAll, resourcesOf } from './listing.ts'
import { openRest, type Rest } from './rest.ts'

/** A server that answers each path from a function. */
function server(answer: (path: string) => unknown): { rest: Rest; paths: string[] } {
  const paths: string[] = []
  const transport = {
    async send({ path }: { path: string }) {
      paths.push(path)
      const body = answer(path)
      return { status: body === null ? 404 : 200, retryAfter: undefined, text: JSON.stringify(body) }
    },
  }
  return { rest: openRest(transport, async () => undefined), paths }
}

/** A list of `total` pods in pages of at most `limit`. */
const pods = (total: number) => (path: string) => {
  const query = new URL(path, 'https://x').searchParams
  const from = Number(query.get('continue') ?? 0)
  const to = Math.min(total, from + Number(query.get('limit')))
  const items = Array.from({ length: to - from }, (_, index) => ({ metadata: { name: `pod-${from + index}` } }))
  return { metadata: to < total ? { continue: String(to) } : {}, items }
}

describe('listAll', () => {
  it('reads every page and names the kind on each object', async () => {
    const { rest, paths } = server(pods(450))
    const found = await listAll(rest, kinds.pod, { namespace: 'a b', labels: { x: '1', y: '2' } })
    expect(found).toHaveLength(450)
    expect(found[449]).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod-449' } })
    expect(paths).toEqual([
      '/api/v1/namespaces/a%20b/pods?limit=200&labelSelector=x%3D1%2Cy%3D2',
      '/api/v1/namespaces/a%20b/pods?limit=200&labelSelector=x%3D1%2Cy%3D2&continue=200',
      '/api/v1/namespaces/a%20b/pods?limit=200&labelSelector=x%3D1%2Cy%3D2&continue=400',
    ])
  })

  it('stops at the number that is wanted', async () => {
    const { rest, paths } = server(pods(450))
    expect(await listAll(rest, kinds.pod, { itemsMax: 5 })).toHaveLength(5)
    expect(paths).toEqual(['/api/v1/pods?limit=5'])
  })

  it('refuses a list without end', async () => {
    const { rest } = server(pods(Number.MAX_SAFE_INTEGER))
    await expect(listAll(rest, kinds.pod, {})).rejects.toMatchObject({ code: 'kube.failed' })
  })
})

describe('discovery', () => {
  const groups: Record<string, unknown> = {
    '/apis': { groups: [{ name: 'apps', preferredVersion: { groupVersion: 'apps/v1' } }] },
    '/api/v1': {
      resources: [
        { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['list'] },
        { name: 'pods/log', kind: 'Pod' },
      ],
    },
    '/apis/apps/v1': { resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get'] }] },
  }

  it('lists the resource types of all groups, without sub-resources', async () => {
    const { rest } = server((path) => groups[path] ?? null)
    expect(await allResources(rest)).toEqual([
      { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true, verbs: ['list'] },
      { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', namespaced: true, verbs: ['get'] },
    ])
  })

  it('finds nothing in a version that is not served', async () => {
    const { rest } = server((path) => groups[path] ?? null)
    expect(await resourcesOf(rest, 'jobset.x-k8s.io/v1alpha2')).toEqual([])
  })
})
