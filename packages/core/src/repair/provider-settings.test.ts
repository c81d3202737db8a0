import { describe, expect, it } from 'vitest'
import { ControllerProvider, ProviderSettings } from './provider-settings.ts'

const ec2 = { kind: 'ec2', role_arn: 'arn:aws:iam::111122223333:role/path/repair', allow: ['111122223333'] }
const pool = '//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/gridgate/providers/gridgate-aws'
const account = 'repair@my-project.iam.gserviceaccount.com'
const gce = { kind: 'gce', workload_identity: `${pool}#${account}`, allow: ['my-project', 'example.com:team'] }

describe('the settings of a provider', () => {
  it.each([
    ['a role', ec2],
    ['a role of GovCloud', { ...ec2, role_arn: 'arn:aws-us-gov:iam::111122223333:role/repair' }],
    ['a role for HyperPod', { ...ec2, kind: 'hyperpod' }],
    ['the address of a webhook', { kind: 'webhook', allow: ['https://repair.example.com/'] }],
  ])('may name %s', (_, settings) => {
    expect(ProviderSettings.parse(settings)).toEqual(settings)
  })

  it.each([
    ['with a service account', gce.workload_identity, account],
    ['that acts by itself', pool, null],
  ])('may name a workload identity %s', (_, workload_identity, serviceAccount) => {
    expect(ProviderSettings.parse({ ...gce, workload_identity })).toMatchObject({
      workload_identity: { audience: pool, serviceAccount },
    })
  })

  it.each([
    ['a user in the place of a role', { ...ec2, role_arn: 'arn:aws:iam::111122223333:user/repair' }],
    ['no account', { ...ec2, allow: [] }],
    ['every account', { ...ec2, allow: ['*'] }],
    ['a role that is no ARN', { ...ec2, role_arn: 'repair' }],
    ['another audience', { ...gce, workload_identity: `${pool}/..` }],
    ['an account with a path', { ...gce, workload_identity: `${pool}#a/../b@c.d` }],
    ['no identity', { kind: 'gce', allow: ['my-project'] }],
    ['a webhook without encryption', { kind: 'webhook', allow: ['http://repair.example.com/'] }],
    ['another kind', { kind: 'azure', allow: ['x'] }],
  ])('may not name %s', (_, settings) => {
    expect(ProviderSettings.safeParse(settings).success).toBe(false)
  })

  it('hold no key: what looks like one is not kept', () => {
    expect(ProviderSettings.parse({ ...ec2, secret_access_key: 'x' })).toEqual(ec2)
  })
})

describe('the settings of what a controller asks', () => {
  it('name NodePools or namespaces', () => {
    const settings = { kind: 'karpenter', allow: ['gpu', 'spot-a100'] }
    expect(ControllerProvider.parse({ ...settings, role_arn: 'x' })).toEqual(settings)
    expect(ControllerProvider.parse({ kind: 'cluster_api', allow: ['fleet'] }).allow).toEqual(['fleet'])
  })

  it.each([
    ['nothing', []],
    ['everything', ['*']],
    ['a path', ['a/b']],
    ['capitals', ['GPU']],
  ])('never allow %s', (_, allow) => {
    expect(ControllerProvider.safeParse({ kind: 'karpenter', allow }).success).toBe(false)
  })
})
