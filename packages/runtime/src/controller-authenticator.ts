import type { Authenticator, Identified } from '@gridgate/core/auth/authenticator'
import { ClusterId } from '@gridgate/core/cluster/cluster'
import { controllerCallerId } from '@gridgate/core/controller/record-heartbeat'
import { GridError } from '@gridgate/core/errors'
import type { Needs } from '@gridgate/core/ports'
import { bearerToken } from './bearer-token.ts'

/**
 * Tells signed calls of clusters' controllers from API keys. A controller is a `service` of its own cluster alone, for one
 * method, path and body, and only by the key that is enrolled for it (spec/decisions.md 44, 45).
 */
export function controllerAuthenticator(ports: Needs<'clusters' | 'clock'>, others: Authenticator): Authenticator {
  return {
    async identify(credentials) {
      const token = bearerToken(credentials.authorization)
      if (token === null) return others.identify(credentials)
      return identify(ports, token, credentials)
    },
  }
}

async function identify(
  ports: Needs<'clusters' | 'clock'>,
  token: string,
  { method, path }: { method: string; path: string },
): Promise<Identified> {
  // Loaded with the first signed call: most functions never see one.
  const { gatewayName, issuerOf, verifyCall } = await import('@gridgate/http/signed-call')
  const id = ClusterId.safeParse(issuerOf(token))
  const key = id.success ? (await ports.clusters.findOutline(id.data))?.system.controllerKey : null
  // As for a key that is not the enrolled one: whoever makes up a token is not to learn which clusters there are.
  if (!id.success || !key) throw refused('its key is not known')
  const call = await verifyCall(token, { keys: [key], audience: gatewayName, at: ports.clock.now() })
  if (call.issuer !== id.data) throw refused('it was signed by somebody else')
  if (call.method !== method || call.path !== path) throw refused('it was signed for another method or path')
  return { id: controllerCallerId(key), role: 'service', clusters: [id.data], bodySha256: call.bodySha256 }
}

const refused = (why: string): GridError => new GridError('auth.invalid', `the signed call is refused: ${why}`)
