import { describe, expect, it } from 'vitest'
import { keyFromHeader } from './api-key.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('the key in an Authorization header', () => {
  it.each([
    ['Bearer gg_1', 'gg_1'],
    [' bearer   gg_1 ', 'gg_1'],
    [basic('anybody:gg_1'), 'gg_1'],
    [basic(':gg:1'), 'gg:1'],
  ])('%s is read', (header, key) => {
    expect(keyFromHeader(header)).toBe(key)
  })

  it.each([
    '',
    'Bearer',
    'gg_1',
    'Digest gg_1',
    'Bearer gg_1 gg_2',
    basic('gg_1'),
    basic('gg_1:'),
    'Basic %%%',
  ])('%s holds none', (header) => {
    expect(keyFromHeader(header)).toBeNull()
  })
})
