import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { Client } from '../../packages/kube/contract/client.ts'
import { temporaryFolder } from '../e2e/product.ts'
import { startServer } from './load.ts'

/** What every reply takes at least, as across a network, in milliseconds. */
export const replyMs = 10

/** For so many milliseconds every patch is refused with 429, once so many were taken. */
export interface Refusal {
  afterPatches: number
  ms: number
  retryAfterSeconds: number
}

/** A patch as it came in, in milliseconds of the server's own clock. */
export interface Patch {
  at: number
  isRefused: boolean
}

/** A simulated API server in a process of its own, whose replies come late. */
export interface ApiServer {
  url: string
  ca: string
  token: string
  /** Path of its administrator's kubeconfig. */
  file: string
  kubeconfig: string
  client: Client
  /** Sets or ends a refusal; answers the patches since the last time. */
  refuse(refusal: Refusal | null): Promise<Patch[]>
  stop(): Promise<void>
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }]
  users: [{ user: { token: string } }]
}

export async function startApiServer(): Promise<ApiServer> {
  const folder = temporaryFolder()
  const server = await startServer('api', 'kube-api', [folder.path, `${replyMs}`])
  const file = join(folder.path, 'kubeconfig')
  const kubeconfig = readFileSync(file, 'utf8')
  const { clusters, users } = parse(kubeconfig) as Kubeconfig
  const { server: url, 'certificate-authority-data': authority } = clusters[0].cluster
  const access = { url, ca: Buffer.from(authority, 'base64').toString(), token: users[0].user.token }
  const client = new Client({ ...access, hasControllers: true, stop: server.stop })
  return {
    ...access,
    file,
    kubeconfig,
    client,
    async refuse(refusal) {
      const reply = await fetch(server.target.url, { method: 'POST', body: JSON.stringify(refusal) })
      return (await reply.json()) as Patch[]
    },
    async stop() {
      client.close()
      await server.stop()
      folder.remove()
    },
  }
}
