import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startSimulatedCluster } from '@gridgate/local/kube/cluster'
import type { Fault, FaultRequest } from '@gridgate/local/kube/faults'
import { plainProgram } from '@gridgate/local/kube/programs'
import type { Patch, Refusal } from '../api-server.ts'
import { announce } from './announce.ts'

// The simulated API server in a process of its own, which has time for nothing else. Each reply comes late, and it can be told to be too busy for patches.
const [, , folder = '', lateMs = ''] = process.argv
const late: Fault = { kind: 'late', ms: Number(lateMs) }
let refusal: Refusal | null = null
let patches: Patch[] = []

function faults({ method }: FaultRequest): Fault {
  if (method !== 'PATCH') return late
  const at = performance.now()
  const firstRefused = patches.find(({ isRefused }) => isRefused)?.at ?? at
  const isRefused = refusal !== null && patches.length >= refusal.afterPatches && at < firstRefused + refusal.ms
  patches.push({ at, isRefused })
  return isRefused ? { kind: 'status', status: 429, retryAfterSeconds: refusal?.retryAfterSeconds ?? 1 } : late
}

const cluster = await startSimulatedCluster({
  folder,
  port: 0,
  inMemory: true,
  apiOnly: true,
  nodes: [],
  images: () => plainProgram,
  faults,
  onError: (error) => void process.stderr.write(`${String(error)}\n`),
})
writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig('admin-token'), { mode: 0o600 })

// A new refusal, or null for none; what was patched up to now is answered and forgotten.
const control = createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  response.end(JSON.stringify(patches))
  refusal = JSON.parse(text) as Refusal | null
  patches = []
})
control.listen(0, '127.0.0.1', () => announce(`http://127.0.0.1:${(control.address() as AddressInfo).port}`))
