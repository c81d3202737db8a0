import type { Authenticator } from '@gridgate/core/auth/authenticator'
import { keyAuthenticator } from '@gridgate/core/auth/identify-caller'
import type { Needs } from '@gridgate/core/ports'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import type { Config } from './config.ts'
import { controllerAuthenticator } from './controller-authenticator.ts'
import { oidcAuthenticator } from './oidc-authenticator.ts'

/** Everybody who may call: people by the issuer's tokens, where one is configured; controllers by signed calls; API keys. */
export function authenticator(
  config: Config,
  ports: Needs<'clusters' | 'keys' | 'clock' | 'log'>,
  remote: () => RemoteClient,
): Authenticator {
  const keys = keyAuthenticator(ports, { insecure: config.GRIDGATE_INSECURE === '1' })
  const machines = controllerAuthenticator(ports, keys)
  return config.GRIDGATE_OIDC_ISSUER === '' ? machines : oidcAuthenticator(config, ports, remote(), machines)
}
