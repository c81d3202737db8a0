import { parseAllDocuments } from 'yaml'

/** Largest kubeconfig taken, in bytes of its decoded text. */
export const kubeconfigBytesMax = 256 * 2 ** 10
/** Deepest nesting taken; a kubeconfig needs five levels. */
const depthMax = 16
/** Most aliases resolved, so that a few bytes cannot unfold into gigabytes. A kubeconfig needs none. */
const aliasesMax = 16
/** Most values in the whole document. */
const valuesMax = 10_000

/** What came of reading: the value, or why it cannot be read. No reason ever contains a piece of the input. */
export type Reading = { value: unknown } | { problem: string }

/** Reads a kubeconfig given as an object, YAML or JSON text, or base64 of either (spec/errors-and-gaps.md 94). */
export function readKubeconfig(input: unknown): Reading {
  if (typeof input !== 'string') return checked(input)
  if (Buffer.byteLength(input) > kubeconfigBytesMax * 2) return { problem: tooLarge }
  const text = decodeBase64(input) ?? input
  if (Buffer.byteLength(text) > kubeconfigBytesMax) return { problem: tooLarge }
  return parse(text)
}

const tooLarge = `larger than ${kubeconfigBytesMax} bytes`

/** Base64 has no colon, and neither YAML mapping nor JSON object can be without one. */
function decodeBase64(text: string): string | undefined {
  const compact = text.replace(/\s+/g, '')
  if (compact === '' || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(compact)) return undefined
  return Buffer.from(compact, 'base64').toString('utf8')
}

function parse(text: string): Reading {
  let documents: ReturnType<typeof parseAllDocuments>
  try {
    documents = parseAllDocuments(text, { uniqueKeys: true, merge: false, prettyErrors: false, logLevel: 'silent' })
    if (documents.length > 1) return { problem: 'several YAML documents: exactly one is expected' }
    const [document] = documents
    if (document === undefined) return { problem: 'empty' }
    if ('errors' in document && document.errors.length > 0) return { problem: 'not readable as YAML or JSON' }
    return checked(document.toJS({ maxAliasCount: aliasesMax }))
  } catch {
    // The parser's own message may quote the input, so it is not passed on.
    return { problem: 'not readable as YAML or JSON' }
  }
}

function checked(value: unknown): Reading {
  const problem = shapeProblem(value)
  return problem === null ? { value } : { problem }
}

/** Bounds depth and number of values, and refuses keys that reach into prototypes. Iterative: a deep input must not end the process. */
function shapeProblem(value: unknown): string | null {
  const waiting: { value: unknown; depth: number }[] = [{ value, depth: 0 }]
  let bytes = 0
  for (let count = 0; waiting.length > 0; count++) {
    const current = waiting.pop()
    if (!current) break
    if (count > valuesMax) return `more than ${valuesMax} values`
    if (current.depth > depthMax) return `nested deeper than ${depthMax} levels`
    if (typeof current.value === 'string') bytes += Buffer.byteLength(current.value)
    if (bytes > kubeconfigBytesMax) return tooLarge
    if (current.value === null || typeof current.value !== 'object') continue
    for (const key of Object.keys(current.value)) {
      if (key === '__proto__' || key === 'constructor' || key === 'prototype') return 'a reserved key name'
      bytes += Buffer.byteLength(key)
      waiting.push({ value: (current.value as Record<string, unknown>)[key], depth: current.depth + 1 })
    }
  }
  return null
}
