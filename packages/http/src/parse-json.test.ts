import { describe, expect, it } from 'vitest'
import { parseJson } from './parse-json.ts'

describe('a body that opens more levels than any reader can follow', () => {
  it.each([
    ['lists', '['],
    ['objects', '{"a":'],
  ])('of %s is a refusal, not a failure of ours', async (_, opening) => {
    const levels = 200_000
    await expect(parseJson(opening.repeat(levels))).rejects.toMatchObject({ code: 'request.unsafe_json', status: 400 })
  })

  it('but is cut off after a few is told where', async () => {
    await expect(parseJson('[[[[')).rejects.toMatchObject({
      code: 'request.malformed_json',
      details: { position: { line: 1, column: 5 } },
    })
  })
})
