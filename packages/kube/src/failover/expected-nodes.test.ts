import { describe, expect, it } from 'vitest'
import { chipsOf, expectedNodes, isAtomicSlice } from './expected-nodes.ts'

const labelsOf = (topology?: string, count?: string): Record<string, string> => ({
  ...(topology === undefined ? {} : { 'cloud.google.com/gke-tpu-topology': topology }),
  ...(count === undefined ? {} : { 'cloud.google.com/gke-accelerator-count': count }),
})

describe('the expected number of nodes', () => {
  it.each([
    ['16x16', '4', 64],
    ['2x4', '8', 1],
    ['2x4', '4', 2],
    ['8x8x8', '4', 128],
    ['2x2x2', '4', 2],
    ['3x3', '4', 2],
    ['2x2', '8', 0],
    ['0x4', '4', 0],
    ['-2x-4', '4', 2],
  ])('of %s with %s each is %d', (topology, count, expected) => {
    expect(expectedNodes(labelsOf(topology, count))).toEqual({ count: expected })
  })

  it.each([
    ['no labels at all', undefined, undefined, /label .*gke-tpu-topology is missing/],
    ['no topology', undefined, '4', /label .*gke-tpu-topology is missing/],
    ['no count', '2x2', undefined, /label .*gke-accelerator-count is missing/],
    ['a count that is no number', '2x2', 'four', /label .*gke-accelerator-count is no number of at least 1: four/],
    ['a count with a fraction', '2x2', '2.5', /gke-accelerator-count is no number/],
    ['a count of 0', '2x2', '0', /gke-accelerator-count is no number/],
    ['a count below 0', '2x2', '-4', /gke-accelerator-count is no number/],
    ['an empty topology', '', '4', /gke-tpu-topology is no topology/],
    ['one dimension', '2', '4', /gke-tpu-topology is no topology: 2/],
    ['a missing dimension', '2x', '4', /gke-tpu-topology is no topology: 2x/],
    ['a missing first dimension', 'x2', '4', /gke-tpu-topology is no topology: x2/],
    ['capitals', '8X8X8', '4', /gke-tpu-topology is no topology: 8X8X8/],
  ])('is not known with %s, and says why', (_what, topology, count, why) => {
    expect(expectedNodes(labelsOf(topology, count))).toEqual({ unknown: expect.stringMatching(why) })
  })

  it.each([
    ['2x2', 4],
    ['2x4', 8],
    ['4x2', 8],
    ['8x8x8', 512],
    ['', null],
    ['2', null],
    ['2x', null],
    ['x2', null],
  ])('counts the chips of %j as %j', (topology, chips) => {
    expect(chipsOf(topology)).toBe(chips)
  })
})

describe('an atomic slice', () => {
  it.each([
    ['several hosts', labelsOf('2x2x2', '4'), true],
    ['one host', labelsOf('2x4', '8'), false],
    ['a number of hosts that is not known', labelsOf('2x2x2'), true],
    ['no topology, such as a pool of GPUs', labelsOf(undefined, '8'), false],
  ])('is a pool with a topology of %s: %j', (_what, labels, isAtomic) => {
    expect(isAtomicSlice(labels)).toBe(isAtomic)
  })
})
