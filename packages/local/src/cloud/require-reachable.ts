import { WrongConfiguration } from '@gridgate/runtime/wrong-configuration'
import { externalEndpoints } from './services.ts'

/** Time for a first answer, in milliseconds. */
const answerMsMax = 5000

/**
 * Asks every endpoint that the user brings along for a sign of life, before anything is made; whatever answers is good enough.
 * @throws {WrongConfiguration} with the variable, and the address without what may be secret in it
 */
export async function requireReachable(environment: Record<string, string | undefined>): Promise<void> {
  for (const [endpoint, variable] of externalEndpoints(environment)) {
    const url = URL.parse(endpoint)
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
      throw new WrongConfiguration(`wrong configuration: ${variable} must be an http or https address`)
    const reason = await silenceOf(url)
    if (reason !== null)
      throw new WrongConfiguration(
        `nothing answers at ${url.origin}, which ${variable} names (${reason}); start what is to listen there, or unset ${variable} to use the embedded AWS`,
      )
  }
}

/** Why there is no answer, or null where there is one. */
async function silenceOf(url: URL): Promise<string | null> {
  const asked = new URL(url)
  // Not for this question, and `fetch` refuses an address that has them.
  asked.username = ''
  asked.password = ''
  try {
    const reply = await fetch(asked, { redirect: 'manual', signal: AbortSignal.timeout(answerMsMax) })
    await reply.body?.cancel()
    return null
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string }
    return code ?? `no answer within ${answerMsMax / 1000} s`
  }
}
