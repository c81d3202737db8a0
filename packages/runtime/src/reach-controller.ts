import { randomBytes } from 'node:crypto'
import { GridError } from '@gridgate/core/errors'
import type { ControllerReach } from '@gridgate/core/infra/infra-builder'
import type { JsonObject } from '@gridgate/core/json'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import { importJWK, type JWK, jwtVerify } from 'jose'
import { z } from 'zod'

const replyBytesMax = 16 * 1024
const answerMsMax = 5_000
const clockSkewSeconds = 30

const Answer = z.object({ data: z.object({ statement: z.string().max(4096) }) })

/** Where calls to a host go instead: the local server sends those of its simulated cluster to loopback (spec/decisions.md 55). */
export type Reroute = (url: URL) => { url: string; host: string } | null

/**
 * Asks a controller at its public address who it is; believes only a statement about this very question, signed with the
 * key that was enrolled over the Kubernetes API (spec/decisions.md 45, 48).
 */
export const controllerReach =
  (remote: RemoteClient, reroute: Reroute = () => null) =>
  async (clusterId: string, base: string, key: JsonObject | null): Promise<ControllerReach> => {
    if (key === null) return { state: 'unreachable', reason: 'no key of it is enrolled' }
    const nonce = randomBytes(24).toString('base64url')
    try {
      const { status, bytes } = await remote.send(ask(new URL(`${base}/identity?nonce=${nonce}`), reroute))
      if (status !== 200) return { state: 'unreachable', reason: `it answered ${status}` }
      const { data } = Answer.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
      const { payload } = await jwtVerify(data.statement, await importJWK(key as JWK, 'EdDSA'), {
        algorithms: ['EdDSA'],
        issuer: clusterId,
        audience: 'gridgate',
        clockTolerance: clockSkewSeconds,
        requiredClaims: ['exp', 'iat', 'nonce'],
      })
      if (payload.nonce !== nonce) return { state: 'unreachable', reason: 'its statement answers another question' }
      return { state: 'reachable', reason: 'it proved its identity' }
    } catch (error) {
      const reason = error instanceof GridError ? error.message : 'what answered there could not prove to be it'
      return { state: 'unreachable', reason }
    }
  }

function ask(url: URL, reroute: Reroute): Parameters<RemoteClient['send']>[0] {
  const common = { schemes: ['http:', 'https:'], bytesMax: replyBytesMax, timeoutMsMax: answerMsMax }
  const other = reroute(url)
  return other ? { ...common, url: other.url, headers: { host: other.host } } : { ...common, url: url.href }
}

/** Reads GRIDGATE_LOCAL_HOSTS, `*.company.net=http://127.0.0.1:4000` pairs, comma separated. */
export function localHosts(text: string): Reroute {
  const rules = text
    .split(',')
    .filter((rule) => rule.includes('='))
    .map((rule) => rule.split('=') as [string, string])
  return (url) => {
    const found = rules.find(([name]) =>
      name.startsWith('*.') ? url.hostname.endsWith(name.slice(1)) : url.hostname === name,
    )
    return found ? { url: `${found[1]}${url.pathname}${url.search}`, host: url.host } : null
  }
}
