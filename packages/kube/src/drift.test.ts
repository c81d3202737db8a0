import { conditionOf } from '@gridgate/core/infra/drift'
import { describe, expect, it } from 'vitest'
import { compareInfra } from './drift.ts'
import type { KubernetesObject } from './object.ts'
import { ownerLabels } from './ownership.ts'

const id = 'west-1'
const container = {
  name: 'main',
  image: 'example/main:1',
  args: ['-a', '-b'],
  env: [{ name: 'A', value: '1' }],
  ports: [{ name: 'http', containerPort: 80 }],
  resources: { requests: { cpu: '1', memory: '1Gi' } },
}
const deployment: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'x', namespace: 'metrics' },
  spec: { replicas: 1, selector: { matchLabels: { app: 'x' } }, template: { spec: { containers: [container] } } },
}
const writtenFields = {
  'f:spec': {
    'f:replicas': {},
    'f:template': {
      'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {}, 'f:args': {}, 'f:env': {} } } },
    },
  },
}
const handFields = {
  'f:spec': {
    'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"main"}': { 'f:image': {}, 'f:args': {} } } } },
  },
}
const managedFields = [
  { manager: 'gridgate', operation: 'Apply', time: '2030-01-01T00:00:00Z', fieldsV1: writtenFields },
  { manager: 'kubectl-edit', operation: 'Update', time: '2030-01-02T00:00:00Z', fieldsV1: handFields },
  { manager: 'kube-controller-manager', operation: 'Update', subresource: 'status', fieldsV1: writtenFields },
]

/** The object as a server keeps it, with what it fills in and what others added. */
function stored(object: KubernetesObject, changed: Record<string, unknown> = {}): KubernetesObject {
  const [first] = (object.spec as { template: { spec: { containers: object[] } } }).template.spec.containers
  const filled = { terminationMessagePath: '/dev/termination-log', ...first, ...changed }
  const sidecar = { name: 'injected', image: 'mesh/proxy:1' }
  return {
    ...object,
    metadata: { ...object.metadata, uid: 'u', labels: { ...ownerLabels(id), theirs: 'yes' }, managedFields } as never,
    spec: {
      ...(object.spec as object),
      progressDeadlineSeconds: 600,
      template: { spec: { containers: [sidecar, filled], dnsPolicy: 'ClusterFirst' } },
    },
  }
}

const compare = (changed: Record<string, unknown>) => compareInfra(id, [deployment], [stored(deployment, changed)])

describe('compareInfra', () => {
  it.each([
    ['nothing was changed', {}],
    ['defaults were filled in', { ports: [{ name: 'http', containerPort: 80, protocol: 'TCP', hostPort: 80 }] }],
    ['quantities are written otherwise', { resources: { requests: { cpu: '1000m', memory: '1024Mi' } } }],
    [
      'others added elements of their own',
      {
        env: [
          { name: 'B', value: '2' },
          { name: 'A', value: '1' },
        ],
      },
    ],
  ])('finds everything in sync where %s', (_when, changed) => {
    const drift = compare(changed)
    expect(drift).toMatchObject({ compared: 1, missing: [], extra: [], differences: [] })
    expect(conditionOf(drift)).toMatchObject({ status: 'InSync' })
  })

  it('names the field, both values, and who changed it', () => {
    const drift = compare({ image: 'example/other:1' })
    expect(drift.differences).toEqual([
      {
        object: 'Deployment metrics/x',
        pointer: '/spec/template/spec/containers/1/image',
        expected: 'example/main:1',
        actual: 'example/other:1',
        changed_by: { manager: 'kubectl-edit', operation: 'Update', at: '2030-01-02T00:00:00Z' },
      },
    ])
    expect(conditionOf(drift)).toMatchObject({ status: 'Drifted', reason: 'ChangedByOthers' })
    expect(conditionOf(drift).message).toContain('kubectl-edit')
  })

  it('counts what was added to a list that is held as a whole', () => {
    expect(compare({ args: ['-a', '-b', '-c'] }).differences).toMatchObject([
      { pointer: '/spec/template/spec/containers/1/args', actual: ['-a', '-b', '-c'] },
    ])
  })

  it('tells an older configuration from the change of somebody else', () => {
    const drift = compare({ env: [{ name: 'A', value: '0' }] })
    expect(drift.differences).toMatchObject([{ expected: '1', actual: '0', changed_by: { manager: 'gridgate' } }])
    expect(conditionOf(drift)).toMatchObject({ status: 'Drifted', reason: 'ConfigurationChanged' })
  })

  it('reports what was taken away, which nobody holds', () => {
    expect(compare({ resources: undefined }).differences).toMatchObject([
      { pointer: '/spec/template/spec/containers/1/resources', actual: null, changed_by: null },
    ])
  })

  it('hides what looks like a secret', () => {
    const [difference] = compare({ args: ['--password=hunter2'] }).differences
    expect(difference).toMatchObject({ expected: ['-a', '-b'], actual: '(hidden)' })
  })

  it('lists missing objects, and those with our label that should not be there', () => {
    const other = { ...deployment, metadata: { ...deployment.metadata, name: 'old' } }
    const theirs = { ...deployment, metadata: { ...deployment.metadata, name: 'theirs' } }
    const drift = compareInfra(id, [deployment], [stored(other), theirs])
    expect(drift).toMatchObject({ missing: ['Deployment metrics/x'], extra: ['Deployment metrics/old'] })
    expect(conditionOf(drift)).toMatchObject({ status: 'Drifted', reason: 'ObjectsMissing' })
  })

  it('sees the loss of our label as a difference, but lets a namespace of others be', () => {
    const bare = { ...stored(deployment), metadata: deployment.metadata }
    expect(compareInfra(id, [deployment], [bare]).differences.map(({ pointer }) => pointer)).toEqual([
      '/metadata/labels',
    ])
    const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'metrics' } }
    expect(compareInfra(id, [namespace], [namespace])).toMatchObject({ compared: 0, differences: [] })
  })
})
