import { describe, expect, it } from 'vitest'
import { tokenCaller } from './token-caller.ts'

const names = { role: 'gridgate_role', clusters: 'https://example.com/clusters' }
const caller = (role: unknown, clusters?: unknown) =>
  tokenCaller('ann', { gridgate_role: role, 'https://example.com/clusters': clusters }, names)

describe('the claims of a token', () => {
  it.each([
    ['viewer', '*', { role: 'viewer', clusters: '*' }],
    ['viewer', ['west-1'], { role: 'viewer', clusters: ['west-1'] }],
    ['network-admin', undefined, { role: 'network-admin', clusters: '*' }],
    ['service', ['west-1'], { role: 'service', clusters: ['west-1'] }],
    [['everybody', 'viewer', 'cluster-manager'], ['a', 'b'], { role: 'cluster-manager', clusters: ['a', 'b'] }],
  ])('%j with %j make a caller', (role, clusters, made) => {
    expect(caller(role, clusters)).toEqual({ id: 'oidc:ann', ...made })
  })

  it.each([
    ['no role', undefined, '*', 'gridgate_role names no role'],
    ['an unknown role', 'root', '*', 'gridgate_role names no role'],
    ['a role in an object', { viewer: true }, '*', 'gridgate_role names no role'],
    ['no clusters', 'viewer', undefined, 'https://example.com/clusters is missing'],
    ['clusters in words', 'viewer', 'west-1', 'must be "*" or a list'],
    ['what are no clusters', 'viewer', ['West 1'], 'must be "*" or a list'],
    ['all clusters for who manages some', 'cluster-manager', '*', 'for named clusters'],
    ['some clusters for the network', 'network-admin', ['west-1'], 'for "*"'],
  ])('%s grant nothing, and it is told why', (_, role, clusters, why) => {
    expect(() => caller(role, clusters)).toThrow(
      expect.objectContaining({ code: 'auth.forbidden', message: expect.stringContaining(why) }),
    )
  })
})
