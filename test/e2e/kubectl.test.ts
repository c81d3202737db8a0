import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Kubectl } from '../../packages/kube/contract/kubectl.ts'
import { type Product, startProduct, temporaryFolder } from './product.ts'

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0

// What kubectl can do there is in packages/kube/contract/kubectl-contract.ts; this is about the file that a start writes.
describe.skipIf(!hasKubectl)('kubectl with the kubeconfig of a start (skipped where no kubectl is in PATH)', () => {
  const folder = temporaryFolder()
  let product: Product
  let kubectl: Kubectl
  beforeAll(async () => {
    product = startProduct(folder.path, '--no-tour')
    kubectl = new Kubectl('kubectl', readFileSync((await product.ready).kubeconfig, 'utf8'))
  })
  afterAll(async () => {
    await product.interrupt()
    kubectl.remove()
    folder.remove()
  })

  it('reads nodes, and may write and delete', async () => {
    expect((await kubectl.run('get nodes')).out).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready/)
    expect((await kubectl.run('auth can-i * *')).out).toBe('yes\n')
    expect((await kubectl.run('create configmap seen --from-literal=a=b')).code).toBe(0)
    expect((await kubectl.run('delete configmap seen')).code).toBe(0)
    expect((await kubectl.run('get configmap seen')).error).toContain('not found')
  })
})
