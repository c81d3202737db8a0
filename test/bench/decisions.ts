import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { openAwsClient } from '@gridgate/remote/aws/aws-client'
import { lambdaEngine } from '@gridgate/runtime/lambda-engine'
import { startByScript, temporaryFolder } from '../e2e/product.ts'
import { type Claim, claim, quantile, type Section } from './section.ts'

const program = new URL('../../packages/sandbox/bench/decision.ts', import.meta.url).pathname
const rounds = 10
const outputBytesMax = 64 * 2 ** 20
const warmUpCalls = 50
const calls = 1000

/** What one decision of a policy costs: in the sandbox, beside peers, and on the whole way of a pre-check. */
export const decisions: Section = {
  name: 'decisions',
  about: 'a policy decision in the sandbox, beside Cedar and a python3 for each call, and through the Lambda API',
  async run() {
    return [...(await measureSandbox()), ...percentiles('pre-check through the Lambda API', await measurePreCheck())]
  },
}

async function measureSandbox(): Promise<Claim[]> {
  const args = [...process.execArgv, program, String(rounds)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: outputBytesMax })
  const { values } = JSON.parse(stdout) as { values: Record<string, Record<string, number[]>> }
  return Object.entries(values).flatMap(([peer, bySize]) =>
    Object.entries(bySize).flatMap(([size, measured]) =>
      peer === 'sandbox' && size !== '10 KB'
        ? percentiles(`${peer}, ${size}`, measured, { atMost: 1 }, { atMost: 3 })
        : percentiles(`${peer}, ${size}`, measured),
    ),
  )
}

const percentiles = (
  what: string,
  values: readonly number[],
  p50: Claim['bound'] = null,
  p99: Claim['bound'] = null,
): Claim[] => [
  claim(`${what}, p50`, 'ms', values, p50),
  { ...claim(`${what}, p99`, 'ms', values, p99), value: quantile(values, 0.99) },
]

const source = `class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        pass

    def eval(self, parameters, input_data, context):
        return {"allowed": input_data["count"] < parameters["count_max"], "input_data": input_data}
`

/** One client asks the running product's engine, one decision after the other. */
async function measurePreCheck(): Promise<number[]> {
  const folder = temporaryFolder()
  const product = startByScript(folder.path, '--no-tour')
  try {
    const { aws } = await product.ready
    const client = openAwsClient({
      region: aws.region,
      clock: { now: () => new Date() },
      environment: {
        AWS_ENDPOINT_URL: aws.endpoint,
        AWS_ACCESS_KEY_ID: aws.accessKeyId,
        AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
      },
    })
    const engine = lambdaEngine(client, { GRIDGATE_PREFIX: 'gridgate-', GRIDGATE_POLICY_TENANCY: '' })
    const digest = createHash('sha256').update(source).digest('hex')
    const request = {
      tenant: 'network',
      code: { digest, kind: 'source' as const, data: source },
      settings: {},
      parameters: { count_max: 10 },
      inputJson: JSON.stringify({ count: 1, note: 'x'.repeat(2000) }),
      contextJson: '{}',
    }
    const measured: number[] = []
    for (let call = 0; call < warmUpCalls + calls; call++) {
      const begun = performance.now()
      const found = await engine.evaluate(request)
      if (!found.ok || !found.allowed) throw new Error('the policy gave the wrong answer')
      if (call >= warmUpCalls) measured.push(Number((performance.now() - begun).toFixed(4)))
    }
    return measured
  } finally {
    await product.interrupt()
    folder.remove()
  }
}
