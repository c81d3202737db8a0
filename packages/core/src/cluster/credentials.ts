import type { Warning } from '../warning.ts'

/** Names of fields that hold a credential whatever their value (spec/decisions.md 14). */
const credentialNames =
  /^(join_?command|.*pass(word|phrase|wd)|.*secrets?|.*tokens?|.*api_?keys?|.*private_?keys?|.*access_?keys?|.*credentials?|kube_?config(_?data)?|authorization|bearer)$/i

/** Values that are a credential whatever their field's name. */
const credentialValues: readonly RegExp[] = [
  /\bkubeadm\s+join\b/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b[a-z0-9]{6}\.(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{16}\b/, // a kubeadm bootstrap token
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/, // a JSON Web Token
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/, // an AWS access key
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]+:[^/\s@]+@/i, // user and password in an address
]

/** Longest text that is searched for credentials, in characters; a longer one in these fields is no plain remark. */
const searchedCharactersMax = 4096

/**
 * A value without what looks like a credential in it, and a warning for each thing that was dropped.
 * @param pointer JSON pointer of the value in the request's body
 */
export function dropCredentials(
  value: unknown,
  pointer: string,
): { kept: unknown; warnings: Warning[]; dropped: boolean } {
  if (typeof value === 'string') {
    const dropped = looksSecret(value)
    return { kept: value, warnings: dropped ? [warningAt(pointer)] : [], dropped }
  }
  if (value === null || typeof value !== 'object') return { kept: value, warnings: [], dropped: false }
  const warnings: Warning[] = []
  const entries = Object.entries(value).flatMap(([name, item]) => {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (isCredentialName(name, item)) {
      warnings.push(warningAt(at))
      return []
    }
    const inner = dropCredentials(item, at)
    warnings.push(...inner.warnings)
    return inner.dropped ? [] : [[name, inner.kept] as const]
  })
  if (warnings.length === 0) return { kept: value, warnings, dropped: false }
  const kept = Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries)
  return { kept, warnings, dropped: false }
}

/** Whether a value by its name, or a text by itself, is one that nobody else may see. */
export const isCredential = (name: string, value: unknown): boolean =>
  isCredentialName(name, value) || (typeof value === 'string' && looksSecret(value))

/** Numbers and flags are no credentials: `maxTokens: 512` stays. */
const isCredentialName = (name: string, value: unknown): boolean =>
  credentialNames.test(name) && typeof value !== 'number' && typeof value !== 'boolean'

const looksSecret = (text: string): boolean => {
  const searched = text.slice(0, searchedCharactersMax)
  return credentialValues.some((pattern) => pattern.test(searched))
}

const warningAt = (pointer: string): Warning => ({
  code: 'field.credential_dropped',
  detail: 'looks like a credential and is not stored; join data is issued per join',
  pointer,
})
