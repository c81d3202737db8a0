import { beforeEach, describe, expect, it } from 'vitest'
import { type BootstrapTokens, bootstrapTokens } from './bootstrap-token.ts'
import { MemoryCluster } from './memory-cluster.ts'
import { member } from './object.ts'

const start = new Date('2026-01-01T00:00:00Z')
const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000)
let cluster: MemoryCluster
let tokens: BootstrapTokens

beforeEach(() => {
  cluster = new MemoryCluster()
  tokens = bootstrapTokens(cluster, 'west-1')
})

const issue = async (taskId: string, seconds = 900, now = start): Promise<string> =>
  (await tokens.issue({ taskId, seconds }, now)).token

/** Names of the secrets that are there, without those that are on their way out. */
const secrets = (): string[] => {
  cluster.settle()
  return cluster.objects().map(({ metadata }) => metadata.name)
}
const dataOf = (index: number): Record<string, string> =>
  Object.fromEntries(
    Object.entries(member(cluster.objects()[index], 'data') as Record<string, string>).map(([name, value]) => [
      name,
      Buffer.from(value, 'base64').toString(),
    ]),
  )

describe('a bootstrap token', () => {
  it('is the secret that kubeadm expects, and ends', async () => {
    const { token, expiresAt } = await tokens.issue({ taskId: 'a', seconds: 900 }, start)
    expect(token).toMatch(/^ggjn00\.[a-z0-9]{16}$/)
    expect(expiresAt).toEqual(after(900))
    expect(cluster.objects()[0]).toMatchObject({
      metadata: { name: 'bootstrap-token-ggjn00', namespace: 'kube-system' },
      type: 'bootstrap.kubernetes.io/token',
    })
    expect(dataOf(0)).toMatchObject({
      'token-id': 'ggjn00',
      'token-secret': token.slice(7),
      expiration: '2026-01-01T00:15:00Z',
      'usage-bootstrap-authentication': 'true',
      'usage-bootstrap-signing': 'true',
      'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
    })
  })

  it('is the same when the same join asks again, also of a later controller', async () => {
    const first = await issue('a')
    expect(await issue('a')).toBe(first)
    tokens = bootstrapTokens(cluster, 'west-1')
    expect(await issue('a')).toBe(first)
    expect(secrets()).toHaveLength(1)
  })

  it('belongs to one join while an id is free, and goes with it', async () => {
    const first = await issue('a')
    expect(await issue('b')).not.toBe(first)
    expect(await tokens.end('a', start)).toBe(true)
    expect(secrets()).toEqual(['bootstrap-token-ggjn01'])
    expect(await tokens.end('a', start)).toBe(false)
    expect(await issue('c')).not.toBe(first)
  })

  it('is given to each of 50 joins at once; each of the shared ones stays until its last join has ended', async () => {
    const joins = Array.from({ length: 50 }, (_, index) => `task-${index}`)
    const given = await Promise.all(joins.map((taskId) => issue(taskId)))
    expect(new Set(given).size).toBe(8)
    await Promise.all(joins.slice(0, 42).map((taskId) => tokens.end(taskId, start)))
    for (const [index, taskId] of joins.slice(42).entries()) expect(await issue(taskId)).toBe(given[42 + index])
    await Promise.all(joins.slice(42).map((taskId) => tokens.end(taskId, start)))
    expect(secrets()).toEqual([])
  })

  it('lives as long as the last join that shares it asked for, and no longer than two hours', async () => {
    for (let index = 0; index < 8; index++) await issue(`a${index}`, 3600)
    const shared = await tokens.issue({ taskId: 'b', seconds: 3600 }, after(3000))
    expect(shared.expiresAt).toEqual(after(6600))
    for (let index = 0; index < 7; index++) await tokens.issue({ taskId: `c${index}`, seconds: 3600 }, after(3000))
    await expect(tokens.issue({ taskId: 'd', seconds: 3600 }, after(4000))).rejects.toMatchObject({
      code: 'node.tokens_exhausted',
      retryAfterSeconds: 2600,
    })
  })

  it('is refused to the 513th join, which changes nothing', async () => {
    for (let index = 0; index < 512; index++) await issue(`task-${index}`)
    const before = cluster.objects()
    await expect(issue('one-more')).rejects.toMatchObject({ code: 'node.tokens_exhausted', retryAfterSeconds: 900 })
    expect(cluster.objects()).toEqual(before)
  })

  it('is replaced when it has expired, with another secret', async () => {
    const first = await issue('a')
    const second = await issue('b', 900, after(901))
    expect([second.slice(0, 6), second === first]).toEqual(['ggjn00', false])
    expect(secrets()).toHaveLength(1)
  })

  it('is taken away when it has expired and any other join ends', async () => {
    await issue('forgotten', 60)
    await issue('b', 900)
    await tokens.end('b', after(61))
    expect(secrets()).toEqual([])
  })

  it('is replaced where somebody spoilt its notes', async () => {
    await issue('a')
    const name = { apiVersion: 'v1', kind: 'Secret', namespace: 'kube-system', name: 'bootstrap-token-ggjn00' }
    await cluster.merge(name, { metadata: { annotations: { 'gridgate.io/joins': '{' } } })
    expect(await issue('b')).toMatch(/^ggjn00\./)
    await tokens.end('b', start)
    expect(secrets()).toEqual([])
  })
})
