import { describe, expect, it } from 'vitest'
import { parseProviderId } from './provider-id.ts'

const gce = (project: string, zone: string, name: string) => ({ kind: 'gce', project, zone, name })
const ec2 = (zone: string, instanceId: string) => ({ kind: 'ec2', zone, instanceId })

describe('a provider id', () => {
  it.each([
    ['gce://project/zone/name', gce('project', 'zone', 'name')],
    [
      'gce://my-project/us-central2-b/gke-tpu-1a2b3c4d-w0t1',
      gce('my-project', 'us-central2-b', 'gke-tpu-1a2b3c4d-w0t1'),
    ],
    ['gce://example.com:team/us-east5-a/n-1', gce('example.com:team', 'us-east5-a', 'n-1')],
    ['aws:///us-east-1a/i-0123456789abcdef0', ec2('us-east-1a', 'i-0123456789abcdef0')],
    ['aws:///us-west-2-lax-1a/i-1a2b3c4d', ec2('us-west-2-lax-1a', 'i-1a2b3c4d')],
    [
      'aws:///use1-az6/sagemaker/cluster/hyperpod-2g7nbvfjdb4m-i-0123456789abcdef0',
      { kind: 'hyperpod', zone: 'use1-az6', cluster: '2g7nbvfjdb4m', instanceId: 'i-0123456789abcdef0' },
    ],
  ])('%s names an instance', (text, instance) => {
    expect(parseProviderId(text)).toEqual(instance)
  })

  it.each([
    ['nothing', null],
    ['an empty text', ''],
    ['no scheme', 'my-project/us-central1-a/node-1'],
    ['two parts', 'gce://my-project/us-central1-a'],
    ['four parts', 'gce://my-project/us-central1-a/node-1/more'],
    ['empty parts', 'gce:////x'],
    ['an empty project', 'gce:///us-central1-a/node-1'],
    ['an empty zone', 'gce://my-project//node-1'],
    ['an empty name', 'gce://my-project/us-central1-a/'],
    ['a way up', 'gce://my-project/us-central1-a/..'],
    ['an encoded slash', 'gce://my-project/us-central1-a/a%2fb'],
    ['a query', 'gce://my-project/us-central1-a/node?x=y'],
    ['capitals', 'gce://my-project/us-central1-a/Node-1'],
    ['a line break', 'gce://my-project/us-central1-a/node-1\n'],
    ['two slashes in AWS', 'aws://us-east-1a/i-0123456789abcdef0'],
    ['a host in AWS', 'aws://host/us-east-1a/i-0123456789abcdef0'],
    ['an empty AWS zone', 'aws:////i-0123456789abcdef0'],
    ['an AWS id without its beginning', 'aws:///us-east-1a/0123456789abcdef0'],
    ['an AWS id of nine digits', 'aws:///us-east-1a/i-012345678'],
    ['an AWS id of 18 digits', 'aws:///us-east-1a/i-0123456789abcdef01'],
    ['an AWS id that is not hexadecimal', 'aws:///us-east-1a/i-0123456789abcdefg'],
    ['a Fargate node', 'aws:///us-east-1a/7cd1f5a6ff-9c2b/fargate-ip-10-0-0-1.ec2.internal'],
    ['a HyperPod cluster of another form', 'aws:///use1-az6/sagemaker/cluster/hyperpod-abc-i-0123456789abcdef0'],
    ['a HyperPod node of another path', 'aws:///use1-az6/a/b/hyperpod-2g7nbvfjdb4m-i-0123456789abcdef0'],
  ])('with %s is refused', (_, text) => {
    expect(parseProviderId(text)).toMatchObject({ kind: 'unsupported' })
  })

  it.each([
    ['eks-hybrid', 'eks-hybrid:///us-east-1/cluster/mi-0123456789abcdef0'],
    [
      'azure',
      'azure:///subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/v/virtualMachines/0',
    ],
    ['kind', 'kind://docker/kind/kind-worker'],
    ['k3s', 'k3s://node-1'],
    ['kwok', 'kwok://node-1'],
  ])('of %s is refused by the name of its scheme', (scheme, text) => {
    expect(parseProviderId(text)).toEqual({
      kind: 'unsupported',
      why: `instances of ${scheme} cannot be repaired from here`,
    })
  })
})
