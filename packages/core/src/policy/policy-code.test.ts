import { describe, expect, it } from 'vitest'
import { archives } from '../../../../test/scripted-policies.ts'
import { codeBytesMax, readGivenCode, toPolicyCode } from './policy-code.ts'

const wrapped = (text: string): string => text.replaceAll(/(.{76})/g, '$1\n')

describe('readGivenCode', () => {
  it.each([
    ['Python source', 'import json\nclass A: pass', 'source'],
    ['source of one word and a line break', 'pass\n', 'source'],
    ['a zip', archives.zip, 'archive'],
    ['a tar.xz, whose base64 begins like a path', archives.tarXz, 'archive'],
    ['a zip wrapped in lines', wrapped(archives.zip), 'archive'],
    ['a data: URL', `data:application/zip;base64,${archives.zip}`, 'archive'],
    ['source in a data: URL', `data:text/x-python;base64,${Buffer.from('pass\n').toString('base64')}`, 'source'],
  ])('takes %s', (_, text, kind) => {
    expect(readGivenCode(text)).toMatchObject({ kind: 'pinned', code: { kind } })
  })

  it('takes an https URL, to be fetched', () => {
    expect(readGivenCode(' https://example.com/a.zip\n')).toEqual({ kind: 'url', url: 'https://example.com/a.zip' })
  })

  it.each([
    ['/etc/policies/a.zip', 'path on the host'],
    ['./a.zip', 'path on the host'],
    ['../a', 'path on the host'],
    ['~/a', 'path on the host'],
    ['C:\\a.zip', 'path on the host'],
    ['http://example.com/a.zip', 'cannot be fetched by http'],
    ['file:///etc/passwd', 'cannot be fetched by file'],
    ['s3://bucket/a.zip', 'cannot be fetched by s3'],
    ['data:text/plain,pass', 'must be base64'],
    ['pass', 'must be Python source'],
    ['   ', 'must be Python source'],
  ])('refuses %s: %s', (text, message) => {
    expect(() => readGivenCode(text)).toThrow(expect.objectContaining({ code: 'policy.invalid_code', status: 400 }))
    expect(() => readGivenCode(text)).toThrow(message)
  })

  it('pins by the digest of the bytes, however they are wrapped', () => {
    const plain = readGivenCode(archives.zip)
    expect(readGivenCode(wrapped(archives.zip))).toEqual(plain)
  })
})

describe('toPolicyCode', () => {
  it('takes code up to its bound', () => {
    expect(toPolicyCode(Buffer.alloc(codeBytesMax, 'a')).kind).toBe('source')
    expect(() => toPolicyCode(Buffer.alloc(codeBytesMax + 1, 'a'))).toThrow(
      expect.objectContaining({ code: 'request.too_large', status: 413 }),
    )
  })

  it('refuses bytes that are neither an archive nor text', () => {
    expect(() => toPolicyCode(Uint8Array.of(0xff, 0xfe, 0))).toThrow(
      expect.objectContaining({ code: 'policy.invalid_code' }),
    )
  })
})
