import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { openPolicySandbox } from '../src/policy-sandbox.ts'

// One decision ("deny a node without GPU, or above ten nodes") by the sandbox and by its peers, in one run, taking turns.
// Prints JSON with every measured value, in milliseconds. usage: node packages/sandbox/bench/decision.ts [ROUNDS]
// Peers that are not installed (python3, @cedar-policy/cedar-wasm) are left out and named in `missing`.
const rounds = Number(process.argv[2] ?? 20)
const callsPerRound = 100
const perCallRounds = 2

const source = `class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        pass

    def eval(self, parameters, input_data, context):
        if input_data["node_data"]["gpus"]["count"] == 0:
            return {"allowed": False, "input_data": "node has no gpu"}
        if input_data["cluster_data"]["nodes"]["count"] >= parameters["nodes_max"]:
            return {"allowed": False, "input_data": "cluster is full"}
        return {"allowed": True, "input_data": input_data}
`
const program = `import json, sys
${source}
data = json.loads(sys.stdin.read())
print(json.dumps(AIOSv1PolicyRule("", {}, {}).eval({"nodes_max": 10}, data, {})))
`

/** A peer: answers whether the input is admitted. */
interface Peer {
  name: string
  callsPerRound: number
  decide(inputJson: string): Promise<boolean>
}

const sandbox = openPolicySandbox()
const code = { digest: createHash('sha256').update(source).digest('hex'), kind: 'source' as const, data: source }
async function decideInSandbox(inputJson: string): Promise<boolean> {
  const request = { tenant: 'network', code, settings: {}, parameters: { nodes_max: 10 }, inputJson, contextJson: '{}' }
  const found = await sandbox.evaluate(request)
  if (!found.ok) throw new Error(found.message)
  return found.allowed
}

function decideInPython(python: string, inputJson: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, ['-I', '-S', '-c', program], { stdio: ['pipe', 'pipe', 'ignore'] })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      out += piece
    })
    child.on('error', reject)
    child.on('close', () => resolve((JSON.parse(out) as { allowed: boolean }).allowed))
    child.stdin.end(inputJson)
  })
}

interface Cedar {
  isAuthorized(call: unknown): { type: string; response?: { decision: string } }
}
/** Cedar, parsing the policy at each call as it does unless told otherwise. */
function cedarPeer(): Peer {
  const cedar = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as Cedar
  const staticPolicies =
    'permit(principal, action, resource); forbid(principal, action, resource) ' +
    'when { context.node_data.gpus.count == 0 || context.cluster_data.nodes.count >= 10 };'
  const subject = {
    principal: { type: 'User', id: 'u' },
    action: { type: 'Action', id: 'add_node' },
    resource: { type: 'Cluster', id: 'c' },
    policies: { staticPolicies },
    entities: [],
  }
  return {
    name: 'cedar-wasm',
    callsPerRound,
    decide: async (inputJson) => {
      const answer = cedar.isAuthorized({ ...subject, context: JSON.parse(inputJson) })
      if (answer.type !== 'success') throw new Error(JSON.stringify(answer))
      return answer.response?.decision === 'allow'
    },
  }
}

function inputOf(bytes: number): string {
  const input = {
    node_data: { id: 'n1', gpus: { count: 2 } },
    cluster_data: { nodes: { count: 3 }, labels: {} as Record<string, string> },
  }
  for (let index = 0; JSON.stringify(input).length < bytes; index++)
    input.cluster_data.labels[`label-${index}`] = `value ${index}`
  return JSON.stringify(input)
}

const missing: string[] = []
const peers: Peer[] = [{ name: 'sandbox', callsPerRound, decide: decideInSandbox }]
try {
  peers.push(cedarPeer())
} catch {
  missing.push('@cedar-policy/cedar-wasm')
}
await new Promise<void>((resolve) => {
  // The interpreter itself: what PATH names may be a script that first looks for it.
  execFile('python3', ['-c', 'import sys; print(sys.executable)'], (error, stdout) => {
    const decide = (inputJson: string) => decideInPython(stdout.trim(), inputJson)
    if (error) missing.push('python3')
    else peers.push({ name: 'python3 per call', callsPerRound: perCallRounds, decide })
    resolve()
  })
})

const coldStart = performance.now()
await decideInSandbox(inputOf(100))
const coldMs = performance.now() - coldStart
const inputs = { '120 B': inputOf(100), '2 KB': inputOf(2_000), '10 KB': inputOf(10_000) }
const values: Record<string, Record<string, number[]>> = {}
for (let round = 0; round <= rounds; round++) {
  for (const [size, inputJson] of Object.entries(inputs)) {
    for (const peer of peers) {
      const measured: number[] = []
      for (let call = 0; call < peer.callsPerRound; call++) {
        const before = performance.now()
        if (!(await peer.decide(inputJson))) throw new Error(`${peer.name} gave the wrong answer`)
        // The first round warms every peer up.
        if (round > 0) measured.push(Number((performance.now() - before).toFixed(4)))
      }
      values[peer.name] = { ...values[peer.name], [size]: [...(values[peer.name]?.[size] ?? []), ...measured] }
    }
  }
}
const rssKb = process.platform === 'linux' ? Number(/VmRSS:\s+(\d+)/.exec(statusOfSandbox())?.[1]) : null
await sandbox.close()

function statusOfSandbox(): string {
  return readFileSync(path.join('/proc', String(sandbox.stats().processes.network), 'status'), 'utf8')
}

function summary(measured: number[]) {
  const sorted = measured.toSorted((a, b) => a - b)
  const at = (part: number): number | undefined => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
  return { calls: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted.at(-1) }
}

const summaries = Object.fromEntries(
  Object.entries(values).map(([peer, bySize]) => [
    peer,
    Object.fromEntries(Object.entries(bySize).map(([size, measured]) => [size, summary(measured)])),
  ]),
)
const machine = { node: process.version, cpus: os.cpus().length, model: os.cpus()[0]?.model, load: os.loadavg() }
process.stdout.write(`${JSON.stringify({ unit: 'ms', machine, missing, coldMs, rssKb, summaries, values })}\n`)
