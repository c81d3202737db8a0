import { describe, expect, it } from 'vitest'
import { type SignedRequest, verifySignature } from './signature.ts'

// The published test suite of Signature Version 4: cases get-vanilla and get-vanilla-query-order-key-case.
const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const at = Date.UTC(2015, 7, 30, 12, 36)
const signed = (target: string, signature: string): SignedRequest => ({
  method: 'GET',
  target,
  headers: {
    host: 'example.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
    authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  },
  body: Buffer.alloc(0),
})
const vanilla = signed('/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')
const withQuery = signed(
  '/?Param2=value2&Param1=value1',
  'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
)

const codeOf = (request: SignedRequest, now = at): string => {
  try {
    verifySignature(request, (id) => (id === key.accessKeyId ? { key } : null), now)
    return 'accepted'
  } catch (error) {
    return (error as Error).name
  }
}

describe('a signature', () => {
  it('is accepted when it is that of the published cases', () => {
    expect(codeOf(vanilla)).toBe('accepted')
    expect(codeOf(withQuery)).toBe('accepted')
  })

  it.each([
    { what: 'the body', altered: { ...vanilla, body: Buffer.from('x') } },
    { what: 'the path', altered: { ...vanilla, target: '/x' } },
    { what: 'the query', altered: { ...withQuery, target: '/?Param2=value3&Param1=value1' } },
    { what: 'the method', altered: { ...vanilla, method: 'POST' } },
    { what: 'a signed header', altered: { ...vanilla, headers: { ...vanilla.headers, host: 'other' } } },
  ])('is refused when $what was altered', ({ altered }) => {
    expect(codeOf(altered)).toBe('InvalidSignatureException')
  })

  it('is refused more than 15 minutes away from now', () => {
    expect(codeOf(vanilla, at + 15 * 60_000)).toBe('accepted')
    expect(codeOf(vanilla, at + 15 * 60_000 + 1)).toBe('InvalidSignatureException')
    expect(codeOf(vanilla, at - 15 * 60_000 - 1)).toBe('InvalidSignatureException')
  })

  it.each([
    { authorization: undefined, code: 'MissingAuthenticationTokenException' },
    { authorization: 'Bearer x', code: 'IncompleteSignatureException' },
    { authorization: vanilla.headers.authorization?.replace('host;', ''), code: 'InvalidSignatureException' },
    { authorization: vanilla.headers.authorization?.replace('AKID', 'AKIX'), code: 'UnrecognizedClientException' },
  ])('is refused with $code for the header $authorization', ({ authorization, code }) => {
    const { authorization: _, ...headers } = vanilla.headers
    expect(codeOf({ ...vanilla, headers: authorization ? { ...headers, authorization } : headers })).toBe(code)
  })
})
