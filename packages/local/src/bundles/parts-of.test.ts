import { describe, expect, it } from 'vitest'
import { allParts, edgePorts, partsOf } from './parts-of.ts'

describe('the parts of a function', () => {
  it('are its ports and all that they are made of', () => {
    expect(partsOf(['clusters'])).toEqual(['clusters', 'ids', 'store'])
    expect(partsOf(['engine'])).toEqual(
      expect.arrayContaining([
        'aws',
        'executorClient',
        'executors',
        'gatewayKeys',
        'guard',
        'policyExecution',
        'remote',
      ]),
    )
    expect(partsOf([])).toEqual([])
  })

  it('are known for every port, however its maker is written', () => {
    expect(allParts).toEqual(expect.arrayContaining(['clock', 'kubeconfigs', 'executorClient', 'instances', 'health']))
    expect(partsOf(allParts)).toEqual(allParts.toSorted())
  })

  it('cannot be something else', () => {
    expect(() => partsOf(['clusterz'])).toThrow('clusterz is no part')
  })
})

describe('the edge of an endpoint', () => {
  const read = { access: 'viewer', method: 'GET', aliases: [] } as const
  it.each([
    ['identifies callers and keeps answers', { ...read, method: 'POST' as const }, ['authenticator', 'idempotency']],
    ['keeps no answers where it only reads', read, ['authenticator']],
    ['keeps answers where an alias writes', { ...read, aliases: ['POST /a'] }, ['authenticator', 'idempotency']],
    ['identifies nobody where anyone may call', { ...read, method: 'POST' as const, access: 'anyone' as const }, []],
  ])('%s', (_, row, ports) => {
    expect(edgePorts(row)).toEqual([...ports, 'ids', 'log'])
  })
})
