import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callClaims, gatewayName, signWith } from '@gridgate/http/signed-call'
import { startTestCluster, type TestCluster } from '@gridgate/local/kube/test-cluster'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { vi } from 'vitest'
import type { Answer } from '../../kube/contract/client.ts'
import { fileIdentityStore } from '../src/identity/identity-store.ts'
import { openMetricsDatabase } from '../src/metrics/database.ts'
import { podClient } from '../src/pod-client.ts'
import { startController } from '../src/start-controller.ts'

/** A controller on an API server, called as its gateway calls it. */
export interface TestController {
  /** The simulated cluster, as its administrator. */
  cluster: TestCluster
  call(method: string, path: string, body?: unknown): Promise<Pick<Answer, 'status' | 'body'>>
  /** Without a signature. */
  get(path: string, port?: number): Promise<{ status: number; text: string }>
  stop(): Promise<void>
}

/** What a controller is connected to. */
interface ApiServer {
  url: string
  ca: string
  token: string
}

/** Starts the controller program on an API server; `call` signs as the gateway does. */
export async function startSignedController(api: ApiServer): Promise<Omit<TestController, 'cluster'>> {
  const folder = mkdtempSync(join(tmpdir(), 'gridgate-controller-'))
  const { key, publicKey } = await gatewayKey()
  const settings = {
    clusterId: 'west-1',
    publicHostname: 'west-1.example.net',
    publicScheme: 'http' as const,
    useGateway: false,
    gatewayUrl: 'http://127.0.0.1:9', // nobody listens there
    gatewayKeysFile: '',
    metricsDatabaseUrl: null,
    collectIntervalSeconds: 30,
  }
  const controller = await startController({
    role: 'controller',
    settings,
    version: '0.0.0',
    kube: podClient(() => ({ url: api.url, ca: api.ca, token: () => api.token })),
    database: openMetricsDatabase(() => null),
    identityStore: fileIdentityStore(join(folder, 'identity.json')),
    gatewayKeys: () => JSON.stringify({ keys: [publicKey] }),
    host: '127.0.0.1',
    listenOn: () => 0,
    log: { info() {}, warn() {}, error() {} },
  })
  const url = (path: string, port = 4000): string => `http://127.0.0.1:${controller.ports[port]}${path}`
  return {
    async call(method, path, given) {
      const body = given === undefined ? '' : JSON.stringify(given)
      const facts = { issuer: gatewayName, audience: settings.clusterId, method, path, body }
      const token = await signWith(key, 'call', callClaims({ ...facts, at: new Date(), id: randomUUID() }))
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const response = await fetch(url(path), { method, headers, ...(given === undefined ? {} : { body }) })
      return { status: response.status, body: await response.json() }
    },
    async get(path, port) {
      const response = await fetch(url(path, port))
      return { status: response.status, text: await response.text() }
    },
    async stop() {
      await controller.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A controller on a simulated cluster of its own. */
export async function startTestController(): Promise<TestController> {
  const cluster = await startTestCluster()
  const { url, caPem, adminToken } = cluster.cluster
  const controller = await startSignedController({ url, ca: caPem, token: adminToken })
  return {
    ...controller,
    cluster,
    async stop() {
      await controller.stop()
      await cluster.stop()
    },
  }
}

/** Asks until the reply satisfies; what watches bring takes a moment. */
export async function untilReply(
  ask: () => Promise<{ status: number; body: Answer['body'] }>,
  isGood: (reply: { status: number; body: Answer['body'] }) => boolean,
): Promise<Answer['body']> {
  return vi.waitUntil(
    async () => {
      const reply = await ask()
      return isGood(reply) ? reply.body : undefined
    },
    { timeout: 20_000, interval: 20 },
  )
}

async function gatewayKey(): Promise<{ key: JWK; publicKey: JWK }> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const { d, ...open } = { ...(await exportJWK(privateKey)), kid: 'k1' }
  return { key: { ...open, ...(d === undefined ? {} : { d }) }, publicKey: open }
}
