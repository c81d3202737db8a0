import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { EvaluationRequest, PolicyCode } from '@gridgate/core/policy/engine'
import { NewPolicy } from '@gridgate/core/policy/policy'
import { openPolicySandbox } from '@gridgate/sandbox/policy-sandbox'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

const testsMin = 4
const read = (...parts: string[]): string => readFileSync(path.join(import.meta.dirname, ...parts), 'utf8')
const policies = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

const sandbox = openPolicySandbox({ evaluateMsMax: 20_000, loadMsMax: 20_000 })
afterAll(() => sandbox.close())

const codeOf = (data: string): PolicyCode => ({
  digest: createHash('sha256').update(data).digest('hex'),
  kind: 'source',
  data,
})
const requestOf = (code: string, input: unknown, rest: Partial<EvaluationRequest> = {}): EvaluationRequest => ({
  tenant: 'network',
  code: codeOf(code),
  settings: {},
  parameters: {},
  inputJson: JSON.stringify(input),
  contextJson: '{}',
  ...rest,
})

const Report = z.object({
  names: z.array(z.string()),
  repeated: z.array(z.string()),
  run: z.int(),
  failures: z.array(z.string()),
  verdicts: z.object({ admitted: z.int(), denied: z.int() }),
})
async function runTests(functionSource: string, testSource: string): Promise<z.infer<typeof Report>> {
  const input = { function: functionSource, tests: testSource }
  const found = await sandbox.evaluate(requestOf(read('run_tests.py'), input, { expects: 'any' }))
  if (!found.ok) throw new Error(`${found.message} (line ${found.line})`)
  return Report.parse(JSON.parse(found.inputDataJson))
}

/** An input with the documented keys of every action (spec/policies.md §9). */
const everything = {
  cluster_data: { id: 'west-1', regionId: 'us-west-2', tags: [], nodes: { nodeData: [] }, clusterMetadata: {} },
  cluster_metrics: null,
  node_data: { id: 'node-1', gpus: { count: 1, memory: 1, gpus: [], modelNames: [] } },
  node_id: 'node-1',
  block_data: { id: 'chat-1' },
  block_instances: [],
  cluster_blocks: [],
}

it('there are at least six policies', () => {
  expect(policies.length).toBeGreaterThanOrEqual(6)
})

describe.each(policies)('%s', (name) => {
  const source = read(name, 'code', 'function.py')
  const entry = JSON.parse(read(name, 'policy.json')) as Record<string, unknown>

  it('passes its own tests, which show an admitted and a denied input', async () => {
    const report = await runTests(source, read(name, 'test_function.py'))
    expect(report.failures).toEqual([])
    expect(report.repeated).toEqual([])
    expect(report.names.length).toBeGreaterThanOrEqual(testsMin)
    expect(report.run).toBe(report.names.length)
    expect(report.verdicts.admitted).toBeGreaterThan(0)
    expect(report.verdicts.denied).toBeGreaterThan(0)
  })

  it('has a registry entry that is accepted, and describes each of its parameters', () => {
    const parsed = NewPolicy.parse({ ...entry, code: source })
    expect(parsed.name).toBe(name)
    const described = Object.keys(parsed.policy_parameters_schema ?? {})
    expect(described).toEqual(expect.arrayContaining(Object.keys(parsed.policy_parameters ?? {})))
    expect(parsed.management_commands_schema?.length !== 0).toBe(source.includes('def management('))
  })

  it('gives a verdict with the parameters that it ships with', async () => {
    const { policy_parameters: parameters = {} } = NewPolicy.parse({ ...entry, code: source })
    expect(await sandbox.inspect(codeOf(source))).toEqual({ ok: true, requirements: [] })
    expect(await sandbox.evaluate(requestOf(source, everything, { parameters }))).toMatchObject({ ok: true })
  })
})

describe('the test runner', () => {
  const rule = 'class AIOSv1PolicyRule:\n    def eval(self, p, i, c):\n        return {"allowed": i, "input_data": i}\n'
  const suite = (...bodies: string[]): string =>
    [
      'from unittest import TestCase',
      'from function import AIOSv1PolicyRule',
      'class Suite(TestCase):',
      ...bodies,
    ].join('\n')

  it('sees a failure, an error and a repeated name', async () => {
    const report = await runTests(
      rule,
      suite(
        '    def test_a(self): self.fail("hidden")',
        '    def test_a(self): self.fail("seen")',
        '    def test_b(self): AIOSv1PolicyRule().eval({}, missing, {})',
        '    def test_c(self): AIOSv1PolicyRule().eval({}, False, {})',
      ),
    )
    expect(report.repeated).toEqual(['test_a'])
    expect(report.run).toBe(3)
    expect(report.failures.map((text) => /seen|NameError/.exec(text)?.[0])).toEqual(['seen', 'NameError'])
    expect(report.verdicts).toEqual({ admitted: 0, denied: 1 })
  })
})
