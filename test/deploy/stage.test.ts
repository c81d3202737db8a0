import { describe, expect, it } from 'vitest'
import { deployedFunctions } from '../../packages/deployment/function-list.ts'
import { logicalName, nameOf } from '../../packages/deployment/names.ts'
import { readStage } from '../../packages/deployment/stage.ts'

describe('a stage', () => {
  it('is called so that each of its names fits', () => {
    const { prefix } = readStage('astage123', {})
    expect(deployedFunctions.map(({ name }) => nameOf(prefix, name).length).filter((length) => length > 64)).toEqual([])
  })

  it.each(['', 'Prod', '1st', 'a_b', 'dev-2', 'tenletters'])('is not called %j', (name) => {
    expect(() => readStage(name, {})).toThrow(/is not 1 to 9/)
  })

  it('keeps what it stores only in production', () => {
    expect(readStage('prod', {})).toMatchObject({ isProduction: true, logDays: 90 })
    expect(readStage('dev', {})).toMatchObject({ isProduction: false, logDays: 14 })
  })

  it.each([
    { GRIDGATE_LOG_DAYS: '8' },
    { GRIDGATE_POLICY_RUNS: '0' },
    { GRIDGATE_POLICY_RUNS: 'many' },
    { GRIDGATE_PROVISIONED: 'clusters/list' },
    { GRIDGATE_POLICY_TENANCY: 'per_tenant' },
    { GRIDGATE_REPAIR_ROLES: 'arn:aws:iam::123456789012:role/repairs, arn:aws:iam::*:role/others' },
    {
      GRIDGATE_INFRA_CONFIG: JSON.stringify({
        gatewayUrl: 'https://api.example.org',
        services: { a: 'b'.repeat(3_000) },
      }),
    },
    { GRIDGATE_OIDC_ISSUER: 'https://id.example.org' },
  ])('refuses %j before anything is made', (options) => {
    expect(() => readStage('dev', options)).toThrow(Object.keys(options)[0])
  })

  it('names each function once in the deployment’s state', () => {
    const names = deployedFunctions.map(({ name }) => logicalName(name))
    expect(new Set(names).size).toBe(names.length)
  })
})
