import { urlMap } from '@gridgate/core/cluster/url-map'
import { Hono } from 'hono'
import type { Identity } from './identity.ts'
import type { ControllerSettings } from './settings.ts'

/** What the apps answer from. */
export interface ControllerState {
  settings: ControllerSettings
  /** Null until it is opened, and in containers that have none. */
  identity: Identity | null
  isReady: boolean
}

const noncePattern = /^[A-Za-z0-9_-]{16,128}$/

/** Alive and ready, on every port that is served. */
export function healthApp(state: ControllerState): Hono {
  return new Hono()
    .get('/healthz', (context) => context.json({ success: true, data: { status: 'ok' } }))
    .get('/readyz', (context) => {
      const { isReady } = state
      return context.json({ success: isReady, data: { status: isReady ? 'ready' : 'not_ready' } }, isReady ? 200 : 503)
    })
}

/** The controller's port (4000): who it is and how its cluster is reached. */
export function controllerApp(state: ControllerState): Hono {
  return healthApp(state)
    .get('/identity', async (context) => {
      const nonce = context.req.query('nonce') ?? ''
      if (!noncePattern.test(nonce))
        return context.json({ success: false, message: 'nonce must be 16 to 128 base64url characters' }, 400)
      if (!state.identity) return context.json({ success: false, message: 'the identity is not open yet' }, 503)
      const { publicKey } = state.identity
      const data = {
        cluster_id: state.settings.clusterId,
        public_key: publicKey,
        statement: await state.identity.state(nonce),
      }
      return context.json({ success: true, data })
    })
    .get('/url-map', (context) => context.json({ success: true, data: urlMap(state.settings) }))
    .notFound((context) => context.json({ success: false, message: 'nothing is served at this path' }, 404))
}
