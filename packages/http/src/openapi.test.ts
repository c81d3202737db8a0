import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { get, post } from './define-route.ts'
import { endpoint } from './endpoint.ts'
import { openApi } from './openapi.ts'

const documentOf = (returns: z.ZodType, query: z.ZodType = z.object({})): unknown =>
  openApi([endpoint(get('/things', { summary: 'Things', access: 'viewer', query, returns }), async () => null)], '1')

/** Every JSON pointer that the document refers to. */
const references = (document: unknown): string[] =>
  [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, pointer = '']) => pointer)

const valueAt = (document: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document)

describe('the API document', () => {
  it('refers only to what is there, also where a schema holds any JSON', () => {
    const document = documentOf(z.object({ value: z.json(), more: z.array(z.json()) }))
    expect(references(document)).toContain('#/components/schemas/Json')
    for (const pointer of references(document))
      expect([pointer, typeof valueAt(document, pointer)]).toEqual([pointer, 'object'])
  })

  it('refuses another schema that refers to itself', () => {
    const tree: z.ZodType = z.lazy(() => z.object({ children: z.array(tree) }))
    expect(() => documentOf(z.object({ tree }))).toThrow(TypeError)
  })

  it('tells the next cursor of lists, and of nothing else', () => {
    const paged = documentOf(z.array(z.string()), z.object({ cursor: z.string().optional() }))
    expect(JSON.stringify(paged)).toContain('"next_cursor"')
    expect(JSON.stringify(documentOf(z.array(z.string())))).not.toContain('"next_cursor"')
  })

  it.each([
    ['viewer', true],
    ['anyone', false],
  ] as const)('offers an Idempotency-Key to a known caller, and tells what it may be answered: %s', (access, isOffered) => {
    const write = endpoint(post('/things', { summary: 'x', access, returns: z.string() }), () => 'done')
    const text = JSON.stringify(openApi([write], '1').paths)
    for (const word of ['Idempotency-Key', 'idempotency.in_progress', 'idempotency.mismatch'])
      expect([word, text.includes(word)]).toEqual([word, isOffered])
  })
})
