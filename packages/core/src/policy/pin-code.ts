import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import type { PolicyCode } from './engine.ts'
import { codeBytesMax, readGivenCode, toPolicyCode } from './policy-code.ts'

/** Code ready to be stored. `code` is null where a URL could not be fetched, which a warning tells. */
export interface PinnedCode {
  /** What the entry shows as `code`. */
  shown: string
  code: PolicyCode | null
  warnings: Warning[]
}

const unfetched: ReadonlySet<string> = new Set(['remote.unreachable', 'remote.failed', 'remote.too_slow'])

/**
 * Takes the `code` of a policy, fetches it where it is a URL, and looks at it without running it (spec/decisions.md 18).
 * @throws {GridError} `policy.invalid_code` with the line, `policy.requirements`, `address.refused`, `request.too_large`, `policy.unavailable`
 */
export async function pinCode(ports: Needs<'engine' | 'codeFetcher'>, text: string): Promise<PinnedCode> {
  const given = readGivenCode(text)
  if (given.kind === 'pinned') {
    await requireUsable(ports, given.code)
    return { shown: `sha256:${given.code.digest}`, code: given.code, warnings: [] }
  }
  const code = await fetchCode(ports, given.url)
  if (code) {
    await requireUsable(ports, code)
    return { shown: given.url, code, warnings: [] }
  }
  const detail = 'the code could not be fetched; until it is supplied by PUT, evaluation answers 503 policy.not_found'
  return { shown: given.url, code: null, warnings: [{ code: 'policy.code_unavailable', detail, pointer: '/code' }] }
}

async function fetchCode(ports: Needs<'codeFetcher'>, url: string): Promise<PolicyCode | null> {
  try {
    return toPolicyCode(await ports.codeFetcher.fetch(url))
  } catch (error) {
    if (!(error instanceof GridError)) throw error
    if (unfetched.has(error.code)) return null
    if (error.code !== 'remote.too_large') throw error
    throw new GridError('request.too_large', `policy code is at most ${codeBytesMax} bytes`, { cause: error })
  }
}

async function requireUsable(ports: Needs<'engine'>, code: PolicyCode): Promise<void> {
  const inspection = await ports.engine.inspect(code)
  if (!inspection.ok && inspection.code === 'policy.unavailable')
    throw new GridError('policy.unavailable', 'the code cannot be looked at just now', { retryAfterSeconds: 5 })
  if (!inspection.ok)
    throw new GridError('policy.invalid_code', `the code cannot be a policy: ${inspection.message}`, {
      details: { line: inspection.line },
    })
  if (inspection.requirements.length > 0)
    throw new GridError('policy.requirements', 'requirements.txt is not supported; policies use the standard library', {
      details: { requirements: inspection.requirements },
    })
}
