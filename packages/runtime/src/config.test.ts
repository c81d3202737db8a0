import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const secret = `whsec_${Buffer.from('s'.repeat(32)).toString('base64')}`
const read = (urls: string, signedWith = secret) =>
  readConfig({ GRIDGATE_NOTIFY_URLS: urls, GRIDGATE_NOTIFY_SECRET: signedWith })

describe('whom to notify', () => {
  it.each([
    '',
    'https://a.example/hook',
    'https://a.example, https://b.example/x?y=z',
    'http://127.0.0.1:9000/hook',
  ])('may be "%s"', (urls) => expect(read(urls).GRIDGATE_NOTIFY_URLS).toBe(urls))

  it.each([
    ['http://a.example/hook', 'plain http'],
    ['https://name:password@a.example', 'a password'],
    ['a.example', 'no address'],
    [Array.from({ length: 11 }, (_, index) => `https://a.example/${index}`).join(), 'too many'],
  ])('may not be "%s": %s', (urls) => {
    expect(() => read(urls)).toThrow(/^wrong configuration: GRIDGATE_NOTIFY_URLS must be https addresses/)
  })

  it('is told under a signature, so a secret has to be there, and its text stays unsaid', () => {
    expect(() => read('https://a.example', '')).toThrow('GRIDGATE_NOTIFY_SECRET is missing beside')
    expect(() => read('https://a.example', 'whsec_c2hvcnQ=')).toThrow(/^(?!.*c2hvcnQ).*GRIDGATE_NOTIFY_SECRET must be/)
  })
})
