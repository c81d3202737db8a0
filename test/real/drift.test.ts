import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWithControllers } from './real-cluster.ts'
import { hookMsMax, id, ShippedProduct, until } from './shipped-product.ts'

vi.mock('@gridgate/local/start-cluster', () => import('./played-cluster.ts'))

const deployment = '/apis/apps/v1/namespaces/metrics/deployments/metrics-writer'
let product: ShippedProduct

const look = async () => (await product.call('GET', `/clusters/${id}/infra`)).data

describeWithControllers('drift of the infrastructure, seen by the shipped controller', () => {
  beforeAll(async () => {
    product = await ShippedProduct.installed()
  }, hookMsMax)
  afterAll(() => product.stop(), hookMsMax)

  it('finds everything as it was applied', async () => {
    const report = await look()
    expect(report).toMatchObject({ state: 'present', condition: { status: 'InSync' } })
    expect(report.drift).toMatchObject({ missing: [], extra: [], differences: [] })
    expect(report.desired).toMatchObject({ exposure: { kind: 'mapping' } })
  })

  it('names the field, both values, and the hand that changed it; creation takes it back', async () => {
    const change = { spec: { template: { spec: { containers: [{ name: 'vmagent', image: 'example/other:1' }] } } } }
    const patched = await product.plain.call('PATCH', `${deployment}?fieldManager=a-hand`, {
      body: change,
      type: 'application/strategic-merge-patch+json',
    })
    expect(patched.status).toBe(200)
    const { condition, drift } = await look()
    expect(condition).toMatchObject({ status: 'Drifted', reason: 'ChangedByOthers' })
    expect(condition.message).toContain('a-hand')
    expect(drift.differences).toMatchObject([
      {
        object: 'Deployment metrics/metrics-writer',
        pointer: '/spec/template/spec/containers/0/image',
        expected: expect.stringContaining('vmagent:'),
        actual: 'example/other:1',
        changed_by: { manager: 'a-hand', operation: 'Update', at: expect.any(String) },
      },
    ])

    const { task_status_data } = await product.run('/create-cluster-infra')
    const step = task_status_data.steps?.find(({ name }) => name === 'InstallMetricsWriter')
    expect(step?.detail).toMatch(/took back metrics-writer .*image from a-hand/)
    expect((await look()).condition).toMatchObject({ status: 'InSync' })
  }, 150_000)

  it('misses what was removed, and names what should not be there', async () => {
    await product.plain.remove('/api/v1/namespaces/metrics/services/cluster-metrics-svc')
    const { metadata } = (await product.plain.get(deployment)).body
    const path = '/api/v1/namespaces/metrics/configmaps'
    await product.plain.post(path, { metadata: { name: 'leftover', labels: metadata.labels } })
    const { condition, drift } = await look()
    expect(condition).toMatchObject({ status: 'Drifted', reason: 'ObjectsMissing' })
    expect(drift).toMatchObject({
      missing: ['Service metrics/cluster-metrics-svc'],
      extra: ['ConfigMap metrics/leftover'],
    })
    await product.plain.remove(`${path}/leftover`)
    await product.run('/create-cluster-infra')
    expect((await look()).condition).toMatchObject({ status: 'InSync' })
  }, 150_000)

  it('is not known, and no error, while the controller is away; it comes back by itself', async () => {
    const dead = product.kubelet.present
    dead?.child.kill('SIGKILL')
    await until('another pod', async () => (product.kubelet.present === dead ? null : true))
    const report = await until('the comparison', async () => {
      const { condition } = await look()
      return condition.status === 'Unknown' ? null : condition
    })
    expect(report).toMatchObject({ status: 'InSync' })
  })
})
