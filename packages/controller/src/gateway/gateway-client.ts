import { GridError } from '@gridgate/core/errors'
import type { JsonObject } from '@gridgate/core/json'
import type { Needs } from '@gridgate/core/ports'
import { z } from 'zod'
import type { Identity } from '../identity/identity.ts'

const answerMsMax = 10_000
const replyBytesMax = 256 * 1024

const Reply = z.object({ success: z.literal(true), data: z.record(z.string(), z.json()) })

export interface GatewayCall {
  method: 'GET' | 'POST'
  path: string
  body?: JsonObject
  /** Signs with the key that is to follow the enrolled one. */
  withNext?: boolean
}

/** What a controller says to its gateway, signed. */
export interface GatewayClient {
  /**
   * The `data` of the reply.
   * @throws {GridError} `auth.invalid` when the gateway does not take the signature; `remote.unreachable`, `remote.failed`
   */
  call(call: GatewayCall): Promise<JsonObject>
}

/** The gateway's address is configuration, not a caller's choice, so no address is refused. @param base without a slash at the end */
export function gatewayClient(base: string, identity: Identity, { clock }: Needs<'clock'>): GatewayClient {
  return {
    async call({ method, path, body: content, withNext = false }) {
      const body = content === undefined ? '' : JSON.stringify(content)
      const token = await identity.signCall({ method, path, body, at: clock.now() }, withNext)
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const signal = AbortSignal.timeout(answerMsMax)
      const request = { method, headers, signal, redirect: 'error' as const, ...(body === '' ? {} : { body }) }
      try {
        return await read(await fetch(base + path, request))
      } catch (error) {
        if (error instanceof GridError) throw error
        throw new GridError('remote.unreachable', 'the gateway cannot be reached', { cause: error })
      }
    },
  }
}

async function read(response: Response): Promise<JsonObject> {
  if (response.status === 401) throw new GridError('auth.invalid', "the gateway does not take this controller's key")
  const text = await textOf(response)
  if (!response.ok) throw new GridError('remote.failed', `the gateway answered ${response.status}`)
  const parsed = Reply.safeParse(JSON.parse(text))
  if (!parsed.success) throw new GridError('remote.failed', 'the gateway answered something else than was expected')
  return parsed.data.data
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > replyBytesMax) throw new GridError('remote.too_large', "the gateway's reply is too large")
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
