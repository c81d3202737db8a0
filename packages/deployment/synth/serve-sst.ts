import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { region } from './cloud.ts'

/** Stands in for the server of SST's CLI that its components call: nothing here asks it for anything but its bucket. */
export async function serveSst(): Promise<void> {
  const answers: Readonly<Record<string, unknown>> = {
    'Provider.Aws.Bootstrap': { asset: 'sst-asset-bucket', state: 'sst-state-bucket' },
  }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method } = JSON.parse(body) as { method: string }
    const result = answers[method]
    response.end(JSON.stringify(result === undefined ? { error: `rpc: can't find ${method}` } : { result }))
  })
  server.on('connection', (socket) => socket.unref())
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  server.unref()
  const { port } = server.address() as AddressInfo
  Object.assign(process.env, { SST_SERVER: `http://127.0.0.1:${port}`, SST_AWS_REGION: region })
}
