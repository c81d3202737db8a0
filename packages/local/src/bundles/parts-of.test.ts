import { describe, expect, it } from 'vitest'
import { allParts, partsOf } from './parts-of.ts'

describe('the parts of a function', () => {
  it('are its ports and all that they are made of', () => {
    expect(partsOf(['clusters'])).toEqual(['clusters', 'database', 'ids', 'store'])
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
