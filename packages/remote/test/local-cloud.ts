import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GridError } from '@gridgate/core/errors'
import type { Clock } from '@gridgate/core/ports'
import { openAddressGuard } from '../src/address-guard.ts'
import type { CloudParts } from '../src/instances/cloud-call.ts'
import { openRemoteClient } from '../src/remote-client.ts'

/** How a call goes wrong: nothing done and told so; done, then a server error, or no answer, or a broken connection. */
export type Mishap = { refuse: string } | 'fail_after' | 'hang_after' | 'cut_after'

export interface CloudRequest {
  method: string
  /** The name that was called, not where it led. */
  host: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}
export interface CloudReply {
  status: number
  type: string
  text: string
  /** What happens in the place of this reply. */
  mishap?: Mishap | undefined
}

/** A server on loopback that stands for a provider, and parts whose every call leads to it. */
export interface LocalCloud {
  parts: CloudParts
  close(): Promise<void>
}

/** The gateway's own credentials, which a provider knows. */
export const ownKeys = { accessKeyId: 'AKIDGATEWAY', secretAccessKey: 'gateway-secret', sessionToken: 'gateway-token' }
export const ownRegion = 'eu-west-1'

/** A server's silence ends the wait for it at once, as the client's deadline would later: no test depends on how fast a machine is. */
export async function localCloud(
  clock: Clock,
  answer: (request: CloudRequest) => Promise<CloudReply>,
): Promise<LocalCloud> {
  let giveUp = (): void => undefined
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url: path = '', headers } = request
    const body = Buffer.concat(chunks).toString('utf8')
    const { status, type, text, mishap } = await answer({ method, host: headers.host ?? '', path, headers, body })
    if (mishap === 'hang_after') return giveUp()
    if (mishap === 'cut_after') return void request.socket.destroy()
    response.writeHead(mishap === 'fail_after' ? 500 : status, { 'content-type': type }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = openRemoteClient({ guard: openAddressGuard({ allow: [], local: [`127.0.0.1:${port}`] }) })
  return {
    parts: {
      remote: {
        send(request) {
          const silence = new Promise<never>((_, reject) => {
            giveUp = () => reject(new GridError('remote.too_slow', 'the local cloud is silent'))
          })
          return Promise.race([client.send(request), silence])
        },
      },
      clock,
      region: ownRegion,
      keys: async () => ownKeys,
      reroute: (url) => ({ url: `http://127.0.0.1:${port}${url.pathname}${url.search}`, host: url.host }),
    },
    async close() {
      await client.close()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
