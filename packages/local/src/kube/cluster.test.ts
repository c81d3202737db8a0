import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { startTestCluster, type TestCluster } from './test-cluster.ts'

describe('a simulated cluster', () => {
  const started: TestCluster[] = []
  const start = async (options: Parameters<typeof startTestCluster>[0] = {}): Promise<TestCluster> => {
    const made = await startTestCluster(options)
    started.push(made)
    return made
  }
  afterEach(async () => {
    for (const each of started.splice(0)) await each.stop()
  })

  it('has three nodes with 8, 4 and 4 GPUs that are ready', async () => {
    const { client } = await start()
    const { body } = await client.get('/api/v1/nodes')
    const shown = body.items.map(
      (node: { status: { allocatable: Record<string, string>; conditions: { type: string; status: string }[] } }) => [
        node.status.allocatable['nvidia.com/gpu'],
        node.status.conditions.find((condition) => condition.type === 'Ready')?.status,
      ],
    )
    expect(shown).toEqual([
      ['8', 'True'],
      ['4', 'True'],
      ['4', 'True'],
    ])
  })

  it('lets the admin in by client certificate, and nobody without credentials', async () => {
    const { cluster, client } = await start()
    const user = parse(cluster.kubeconfig()).users[0].user
    const pem = (data: string): string => Buffer.from(data, 'base64').toString('utf8')
    const login = {
      ca: cluster.caPem,
      cert: pem(user['client-certificate-data']),
      key: pem(user['client-key-data']),
      agent: false as const,
    }
    const status = await new Promise((resolve, reject) => {
      request(`${cluster.url}/api/v1/nodes`, login, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
    expect((await client.get('/api/v1/nodes', { token: null })).status).toBe(401)
  })

  it('gives a ServiceAccount a kubeconfig of its own', async () => {
    const { cluster, client } = await start()
    const { token } = parse(cluster.kubeconfig('default/default')).users[0].user
    const { body } = await client.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { token })
    expect(body.status.userInfo.username).toBe('system:serviceaccount:default:default')
    expect(() => cluster.kubeconfig('default/none')).toThrow('serviceaccounts "none" not found')
  })

  it('keeps objects, versions, certificates and tokens over a restart, readable by their owner only', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gridgate-kube-'))
    const options = { folder, inMemory: false }
    const first = await start(options)
    const made = await first.client.post('/api/v1/namespaces/default/configmaps', {
      metadata: { name: 'kept' },
      data: { a: '1' },
    })
    const { caPem, adminToken } = first.cluster
    await started.pop()?.stop()
    const second = await start(options)
    expect((await second.client.get('/api/v1/namespaces/default/configmaps/kept')).body).toEqual(made.body)
    expect([second.cluster.caPem, second.cluster.adminToken]).toEqual([caPem, adminToken])
    const watch = second.client.watch(
      `/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${Number(made.body.metadata.resourceVersion) - 1}`,
    )
    await watch.find((event) => event.type === 'ADDED' && event.object.metadata.name === 'kept')
    watch.close()
    const modes = ['certificates.json', 'tokens.json'].map((name) => statSync(join(folder, name)).mode & 0o777)
    expect(modes).toEqual([0o600, 0o600])
    await started.pop()?.stop()
    rmSync(folder, { recursive: true })
  })

  it('answers 410 to watches and lists that look back too far', async () => {
    const { cluster, client } = await start()
    const maps = '/api/v1/namespaces/default/configmaps'
    for (const name of ['a', 'b', 'c']) await client.post(maps, { metadata: { name } })
    const page = (await client.get(`${maps}?limit=2`)).body
    await client.post(maps, { metadata: { name: 'd' } })
    cluster.compact()
    const watch = client.watch(`${maps}?watch=true&resourceVersion=${page.metadata.resourceVersion}`)
    expect((await watch.find(() => true)).object).toMatchObject({ code: 410, reason: 'Expired' })
    const next = await client.get(`${maps}?limit=2&continue=${page.metadata.continue}`)
    expect([next.status, next.body.reason]).toEqual([410, 'Expired'])
  })

  it('fails on the wire as it is told to', async () => {
    const { cluster, client } = await start()
    cluster.setFaults(({ attempt }) =>
      attempt === 1 ? { kind: 'status', status: 429, retryAfterSeconds: 3 } : attempt === 2 ? { kind: 'cut' } : null,
    )
    const first = await client.get('/api/v1/nodes')
    expect([first.status, first.headers['retry-after'], first.body.reason]).toEqual([429, '3', 'TooManyRequests'])
    await expect(client.get('/api/v1/nodes')).rejects.toThrow()
    expect((await client.get('/api/v1/nodes')).status).toBe(200)
    cluster.setFaults(() => ({ kind: 'hang' }))
    const hung = await Promise.race([
      client.get('/api/v1/nodes').catch(() => 'cut'),
      new Promise((resolve) => setTimeout(() => resolve('hangs'), 50)),
    ])
    expect(hung).toBe('hangs')
  })

  it('refuses bodies above 3 MB', async () => {
    const { client } = await start()
    const answer = await client.post('/api/v1/namespaces/default/configmaps', {
      metadata: { name: 'big' },
      data: { a: 'x'.repeat(3 * 2 ** 20) },
    })
    expect([answer.status, answer.body.reason]).toEqual([413, 'RequestEntityTooLarge'])
  })

  it('has the kinds of an ingress and JobSet installed', async () => {
    const { client } = await start()
    for (const path of [
      '/apis/getambassador.io/v2/mappings',
      '/apis/getambassador.io/v3alpha1/mappings',
      '/apis/gateway.networking.k8s.io/v1/httproutes',
      '/apis/jobset.x-k8s.io/v1alpha2/jobsets',
    ])
      expect((await client.get(path)).status).toBe(200)
  })
})
