import { GridError } from '@gridgate/core/errors'
import type { CodeFetcher } from '@gridgate/core/policy/code-fetcher'
import { codeBytesMax } from '@gridgate/core/policy/policy-code'
import type { RemoteClient } from './remote-client.ts'

const redirectsMax = 3

/** Fetches policy code over https; names, connections and redirects together take 10 s at most. */
export function codeFetcher(client: Pick<RemoteClient, 'send'>, schemes: readonly string[] = ['https:']): CodeFetcher {
  return {
    async fetch(url) {
      const reply = await client.send({ url, bytesMax: codeBytesMax, redirectsMax, schemes })
      if (reply.status === 200) return reply.bytes
      throw new GridError('remote.failed', `${new URL(url).host} answered ${reply.status} instead of the code`)
    },
  }
}
