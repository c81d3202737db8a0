import type { AddressGuard } from '@gridgate/core/address-guard'
import type { RemoteClient } from '@gridgate/remote/remote-client'

/** The way out over HTTP, loaded with the first request: most functions never make one, and its library is large. */
export function remoteClient(guard: AddressGuard): RemoteClient {
  let opened: Promise<RemoteClient> | undefined
  const open = async (): Promise<RemoteClient> => {
    const { openRemoteClient } = await import('@gridgate/remote/remote-client')
    return openRemoteClient({ guard })
  }
  return {
    async send(request) {
      opened ??= open()
      return (await opened).send(request)
    },
    async close() {
      await (await opened)?.close()
    },
  }
}
