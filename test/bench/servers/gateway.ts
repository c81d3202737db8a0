import { createApiKey } from '@gridgate/core/auth/api-key'
import { openGateway } from '@gridgate/local/gateway/serve-gateway'
import { compose } from '@gridgate/runtime/compose'
import { readConfig } from '@gridgate/runtime/config'
import { memoryStore } from '@gridgate/storage/memory-store'
import { sampleCluster, samplePath } from '../sample-cluster.ts'
import { announce } from './announce.ts'

// The product's own endpoints and listener, with every check; only the store is in memory.
const ports = compose(readConfig({ GRIDGATE_RATE_LIMIT: '0' }), {
  store: memoryStore(),
  log: { info() {}, warn() {}, error() {} },
})
await ports.clusters.create(sampleCluster)
const { key } = await createApiKey(ports, { name: 'bench', role: 'viewer', clusters: '*', expiresAt: null })
const gateway = await openGateway({ host: '127.0.0.1', port: 0 })
await gateway.serve(() => ports)
announce(gateway.url + samplePath, { authorization: `Bearer ${key}` })
