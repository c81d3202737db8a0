import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Product, startProduct, temporaryFolder } from './product.ts'

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0

describe.skipIf(!hasKubectl)('kubectl with the kubeconfig of a start (skipped where no kubectl is in PATH)', () => {
  const folder = temporaryFolder()
  let product: Product
  let kubeconfig = ''
  beforeAll(async () => {
    product = startProduct(folder.path, '--no-tour')
    kubeconfig = (await product.ready).kubeconfig
  })
  afterAll(async () => {
    await product.interrupt()
    folder.remove()
  })

  const kubectl = (args: string, input?: string): Promise<{ code: unknown; out: string; error: string }> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(folder.path, 'cache') }
      const child = execFile('kubectl', args.split(' '), { env, timeout: 20_000 }, (error, out, text) =>
        resolve({ code: error?.code ?? 0, out, error: text }),
      )
      child.stdin?.end(input)
    })
  const settings = (value: string): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'default' },
      data: { a: value },
    })

  it('gets nodes as table, wide, YAML and JSON', async () => {
    const [table, wide, yaml, json] = await Promise.all(
      ['', ' -o wide', ' -o yaml', ' -o json'].map((format) => kubectl(`get nodes${format}`)),
    )
    expect(table?.out).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready/)
    expect(wide?.out).toContain('CONTAINER-RUNTIME')
    expect(yaml?.out).toContain('kind: Node')
    expect((JSON.parse(json?.out ?? '') as { items: unknown[] }).items.length).toBeGreaterThan(0)
  })

  it('applies server-side, meets the conflict of another manager, labels and deletes', async () => {
    expect((await kubectl('apply --server-side -f -', settings('1'))).out).toContain('serverside-applied')
    const refused = await kubectl('apply --server-side --field-manager=other -f -', settings('2'))
    expect([refused.code, refused.error]).toEqual([1, expect.stringContaining('conflict with "kubectl": .data.a')])
    expect((await kubectl('label configmap settings kind=test')).code).toBe(0)
    expect((await kubectl('get configmap -l kind=test -o jsonpath={.items[*].data.a}')).out).toBe('1')
    expect((await kubectl('delete configmap settings')).code).toBe(0)
    expect((await kubectl('get configmap settings')).error).toContain('not found')
  })

  it('cordons a node and takes it back', async () => {
    const node = (await kubectl('get nodes -o jsonpath={.items[0].metadata.name}')).out
    await kubectl(`cordon ${node}`)
    expect((await kubectl(`get node ${node}`)).out).toContain('Ready,SchedulingDisabled')
    await kubectl(`uncordon ${node}`)
    expect((await kubectl(`get node ${node}`)).out).not.toContain('SchedulingDisabled')
  })

  it('watches', async () => {
    const watching = kubectl('get configmaps -w --request-timeout=2s')
    await kubectl('create configmap seen --from-literal=a=b')
    expect((await watching).out).toMatch(/seen +1/)
  })
})
