import type { Authenticator } from '@gridgate/core/auth/authenticator'
import { tokenCaller } from '@gridgate/core/auth/token-caller'
import type { Needs } from '@gridgate/core/ports'
import { splitList } from '@gridgate/remote/address-guard'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import { bearerToken } from './bearer-token.ts'
import type { Config } from './config.ts'
import { issuerKeys } from './issuer-keys.ts'

/**
 * Tells access tokens of the configured issuer from whatever else is presented. They are told by their issuer, a URL, which no
 * cluster's id is; what they must then hold to is the issuer's keys, never a controller's.
 */
export function oidcAuthenticator(
  config: Config,
  ports: Needs<'clock' | 'log'>,
  client: Pick<RemoteClient, 'send'>,
  others: Authenticator,
): Authenticator {
  const issuer = config.GRIDGATE_OIDC_ISSUER
  const keys = issuerKeys({ issuer, jwksUrl: config.GRIDGATE_OIDC_JWKS_URL || null }, ports, client)
  const trust = {
    issuer,
    keys,
    audience: config.GRIDGATE_OIDC_AUDIENCE,
    clients: splitList(config.GRIDGATE_OIDC_CLIENTS),
  }
  const names = { role: config.GRIDGATE_OIDC_ROLE_CLAIM, clusters: config.GRIDGATE_OIDC_CLUSTERS_CLAIM }
  return {
    async identify(credentials) {
      const token = bearerToken(credentials.authorization)
      if (token === null) return others.identify(credentials)
      // Loaded with the first token: most functions never see one.
      const { issuerOf } = await import('@gridgate/http/signed-call')
      if (issuerOf(token) !== issuer) return others.identify(credentials)
      const { verifyAccessToken } = await import('@gridgate/http/access-token')
      const claims = await verifyAccessToken(token, { ...trust, at: ports.clock.now() })
      return tokenCaller(claims.sub, claims, names)
    },
  }
}
