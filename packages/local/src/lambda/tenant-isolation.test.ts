import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { EvaluationRequest } from '@gridgate/core/policy/engine'
import { openAwsClient } from '@gridgate/remote/aws/aws-client'
import { lambdaEngine } from '@gridgate/runtime/lambda-engine'
import { policyHost } from '@gridgate/runtime/policy-host'
import { limits } from '@gridgate/sandbox/limits'
import { openPolicySandbox } from '@gridgate/sandbox/policy-sandbox'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { internals } from '../../../../functions/internals.ts'
import { admit, policyWith, requestOf } from '../../../sandbox/test/policy-source.ts'
import { openTestCloud, type TestCloud } from '../aws/test-cloud.ts'

const sandbox = openPolicySandbox({ interpretersMax: 1 })
const evaluate = policyHost(async () => sandbox)
/** Whose the calls of `each` were. */
let tenants: (string | undefined)[]
let cloud: TestCloud
let lambda: LambdaClient

beforeAll(async () => {
  const note = async (_: unknown, { tenantId }: { tenantId?: string }) => void tenants.push(tenantId)
  cloud = await openTestCloud({
    functions: [
      { name: 'each', timeoutSeconds: 5, isPerTenant: true, invoke: (...given) => note(...given).then(() => null) },
      { name: 'all', timeoutSeconds: 5, invoke: (...given) => note(...given).then(() => null) },
      {
        ...{ name: 'gridgate-internal-evaluate-policy', timeoutSeconds: 30, isPerTenant: true },
        invoke: (...given) => evaluate(...given) as Promise<null>,
      },
    ],
  })
  lambda = new LambdaClient(cloud.client)
})
beforeEach(() => {
  tenants = []
})
afterAll(async () => {
  await cloud.close()
  await sandbox.close()
})

const invoke = (name: string, more: Partial<InvokeCommand['input']> = {}) =>
  lambda.send(new InvokeCommand({ FunctionName: name, Payload: '{}', ...more }))

describe('a function with tenant isolation', () => {
  it('is told whose each call is', async () => {
    for (const TenantId of ['blue', 'green']) await invoke('each', { TenantId })
    expect(tenants).toEqual(['blue', 'green'])
  })

  it.each<[string, string, Partial<InvokeCommand['input']>]>([
    ['that say no tenant', 'each', {}],
    ['that say no tenant and only try', 'each', { InvocationType: 'DryRun' }],
    ['whose tenant has other characters', 'each', { TenantId: 'auth0|blue' }],
    ['whose tenant is too long', 'each', { TenantId: 'b'.repeat(257) }],
    ['that nobody waits for', 'each', { TenantId: 'blue', InvocationType: 'Event' }],
    ['of a tenant, where there is no isolation,', 'all', { TenantId: 'blue' }],
  ])('refuses calls %s, and does not run', async (_, name, more) => {
    await expect(invoke(name, more)).rejects.toMatchObject({ name: 'InvalidParameterValueException' })
    expect(tenants).toEqual([])
  })
})

describe('the function that runs policies', () => {
  const aws = () =>
    openAwsClient({
      region: String(cloud.client.region),
      clock: { now: () => new Date() },
      environment: {
        AWS_ENDPOINT_URL: String(cloud.client.endpoint),
        AWS_ACCESS_KEY_ID: cloud.client.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: cloud.client.credentials.secretAccessKey,
      },
    })
  const decide = (tenant: string, GRIDGATE_POLICY_TENANCY: '' | 'PER_TENANT' = 'PER_TENANT') => {
    const request: EvaluationRequest = requestOf(policyWith(admit), { tenant })
    return lambdaEngine(aws(), { GRIDGATE_PREFIX: 'gridgate-', GRIDGATE_POLICY_TENANCY }).evaluate(request)
  }

  it('has a sandbox of its own for each scope, whatever the scope is called', async () => {
    const scopes = ['network', 'cluster:west-1', 'test:https://id.example|someone ü']
    for (const tenant of scopes) expect(await decide(tenant)).toMatchObject({ ok: true, allowed: true })
    const { processes } = sandbox.stats()
    expect(Object.keys(processes).sort()).toEqual([...scopes].sort())
    expect(new Set(Object.values(processes)).size).toBe(scopes.length)
  })

  it('has memory for all that scopes without good will hold at a time', () => {
    const { processesMax, processMbMax, pythonHeapMbMax, scriptHeapMbMax } = limits
    const hostMb = 100
    const memoryMb = internals.find(({ name }) => name === 'evaluate-policy')?.memoryMb ?? 0
    // A process is replaced after the call that made it too large; until then it has one more interpreter, full.
    expect(memoryMb).toBeGreaterThan(hostMb + processesMax * processMbMax + pythonHeapMbMax + scriptHeapMbMax)
  })

  it('admits nothing when it is not told whose the policy is', async () => {
    const before = sandbox.stats()
    await expect(decide('cluster:east-1', '')).rejects.toMatchObject({ code: 'policy.unavailable' })
    expect(sandbox.stats()).toEqual(before)
  })
})
