import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../object.ts'
import { seeNode } from './survey-node.ts'

const condition = (type: string, status: string, reason = `${type}Is${status}`) => ({ type, status, reason })
const well = [condition('MemoryPressure', 'False'), condition('DiskPressure', 'False'), condition('Ready', 'True')]

function nodeWith(given: {
  conditions?: object[]
  labels?: Record<string, string>
  annotations?: Record<string, string>
  spec?: object
  status?: object
}): KubernetesObject {
  const { conditions = well, labels = {}, annotations = {}, spec = {}, status = {} } = given
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n-1', uid: 'u-1', labels, annotations },
    spec,
    status: { conditions, ...status },
  }
}

describe('a node of a survey', () => {
  it('is told with what a repair needs', () => {
    const object = nodeWith({
      conditions: [{ ...condition('Ready', 'True'), lastTransitionTime: '2030-01-01T00:00:00Z' }],
      labels: { 'topology.kubernetes.io/region': 'eu-west-1' },
      spec: { providerID: 'aws:///eu-west-1a/i-0123456789abcdef0' },
      status: { nodeInfo: { bootID: 'boot-1' }, allocatable: { 'nvidia.com/gpu': '8', cpu: '4' } },
    })
    expect(seeNode(object).node).toEqual({
      name: 'n-1',
      uid: 'u-1',
      provider_id: 'aws:///eu-west-1a/i-0123456789abcdef0',
      boot_id: 'boot-1',
      created_at: null,
      ready: true,
      ready_since: '2030-01-01T00:00:00Z',
      faults: [],
      unschedulable: false,
      cordoned_by: null,
      is_held: false,
      is_control_plane: false,
      accelerators: 8,
      region: 'eu-west-1',
      repairer: null,
    })
  })

  it.each([
    ['ours', { 'gridgate.io/cordoned-by': 'task-a' }, 'task-a', false],
    ["a person's", {}, null, false],
    ['ours and held', { 'gridgate.io/cordoned-by': 'task-a', 'gridgate/hold': '' }, 'task-a', true],
  ])('has a cordon that is %s', (_whose, annotations, cordoned_by, is_held) => {
    const { node } = seeNode(nodeWith({ annotations, spec: { unschedulable: true } }))
    expect(node).toMatchObject({ unschedulable: true, cordoned_by, is_held })
  })

  it('has its faults told from the worst to the least', () => {
    const conditions = [
      condition('PIDPressure', 'Unknown'),
      condition('KernelDeadlock', 'True', 'DockerHung'),
      condition('StorageReady', 'True'),
      condition('AcceleratedHardwareReady', 'False', 'NvidiaXID79Error'),
      condition('FrequentKubeletRestart', 'False'),
      condition('Ready', 'Unknown', 'NodeStatusUnknown'),
    ]
    expect(seeNode(nodeWith({ conditions })).node.faults).toEqual([
      { type: 'Ready', reason: 'NodeStatusUnknown' },
      { type: 'AcceleratedHardwareReady', reason: 'NvidiaXID79Error' },
      { type: 'KernelDeadlock', reason: 'DockerHung' },
      { type: 'PIDPressure', reason: 'PIDPressureIsUnknown' },
    ])
  })

  it('that never said how it is, is not well', () => {
    expect(seeNode(nodeWith({ conditions: [] })).node).toMatchObject({
      ready: false,
      faults: [{ type: 'Ready', reason: 'NeverReported' }],
    })
  })

  it.each([
    [{ 'google.com/tpu': '4' }, 4],
    [{ 'amd.com/gpu': '8', 'nvidia.com/gpu': '0' }, 8],
    [{ 'aws.amazon.com/neuron': '16' }, 16],
    [{ 'nvidia.com/gpu': 'many' }, 0],
    [{ cpu: '64' }, 0],
  ])('counts the whole accelerators of %j', (allocatable, accelerators) => {
    expect(seeNode(nodeWith({ status: { allocatable } })).node.accelerators).toBe(accelerators)
  })

  it('has accelerators also when none of them works', () => {
    const status = { capacity: { 'nvidia.com/gpu': '8' }, allocatable: { 'nvidia.com/gpu': '0' } }
    expect(seeNode(nodeWith({ status }))).toMatchObject({ hasAccelerators: true, node: { accelerators: 0 } })
  })

  it.each([
    ['nvsentinel', { labels: { 'dgxc.nvidia.com/nvsentinel-state': 'draining' } }],
    ['nvsentinel', { labels: { 'k8saas.nvidia.com/cordon-by': 'NVSentinel' } }],
    ['hyperpod', { labels: { 'sagemaker.amazonaws.com/node-health-status': 'UnschedulablePendingReplacement' } }],
    ['eks-node-repair', { labels: { 'eks.amazonaws.com/compute-type': 'auto' } }],
    ['karpenter', { spec: { taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] } }],
    [null, { labels: { 'karpenter.sh/nodepool': 'gpu', 'cloud.google.com/gke-nodepool': 'a' } }],
    [null, { labels: { 'sagemaker.amazonaws.com/node-health-status': 'Schedulable' } }],
  ])('is in the hands of %j', (repairer, given) => {
    expect(seeNode(nodeWith(given)).node.repairer).toBe(repairer)
  })

  it('of the control plane is told apart', () => {
    const labels = { 'node-role.kubernetes.io/control-plane': '' }
    expect(seeNode(nodeWith({ labels })).node.is_control_plane).toBe(true)
  })
})
