import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deadQueueName, type EndpointRow } from '@gridgate/http/manifest-row'
import { policyOf } from '@gridgate/runtime/rights'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { internals, messagesPerEventMax, queues, rulesFor } from '../../functions/internals.ts'
import { callables, endpoints } from '../../functions/manifest.ts'
import { deployedVariables, localOnly, rightsTell, variablesOf } from '../../packages/deployment/environment.ts'
import { deployedFunctions } from '../../packages/deployment/function-list.ts'
import { makersFile, partsOf } from '../../packages/local/src/bundles/parts-of.ts'
import { workflows } from '../../workflows/manifest.ts'
import { ofType, readGraph, root, textOf, valueAt, variablesIn } from './graph.ts'
import { rightsOf } from './policies.ts'

const prod = readGraph('prod')
const prefix = 'gridgate-prod-'
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const named = (resources: ReturnType<typeof ofType>): string[] =>
  resources.map((one) => textOf(one, 'name').replace(prefix, '')).sort()

/** What only looks answers a HEAD too (RFC 9110 section 9.3.2). */
const headsOf = ({ method, path, aliases }: EndpointRow): string[] =>
  method === 'GET' ? [`HEAD ${path}`, ...aliases.map((alias) => alias.replace('GET', 'HEAD'))] : []

describe('manifests, graph, API document and files say the same', () => {
  it('routes', () => {
    const inGraph = ofType(prod, 'route').map((route) => textOf(route, 'routeKey'))
    const inManifest = callables.map(({ method, path }) => `${method} ${path}`)
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(JSON.parse(read('functions/system/openapi.json')))
    const inDocument = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(inGraph.sort()).toEqual([...inManifest, ...endpoints.flatMap(headsOf), '$default'].sort())
    expect(inDocument.sort()).toEqual(inManifest.sort())
  })

  it('each route leads to its function, which only this route may call', () => {
    const functions = new Map(ofType(prod, 'function').map((one) => [textOf(one, 'name'), one]))
    for (const row of endpoints) {
      const name = prefix + row.name.replaceAll('/', '-')
      const integration = ofType(prod, 'integration').filter((one) =>
        textOf(one, 'integrationUri').includes(`:${name}/`),
      )
      expect(integration).toHaveLength(1)
      const target = `integrations/${integration[0]?.name}-id`
      const keys = ofType(prod, 'route')
        .filter((one) => one.inputs.target === target)
        .map((one) => textOf(one, 'routeKey'))
      expect(keys.sort()).toEqual([`${row.method} ${row.path}`, ...row.aliases, ...headsOf(row)].sort())
      const sources = ofType(prod, 'permission')
        .filter((one) => one.inputs.function === name)
        .map((one) => textOf(one, 'sourceArn').replace(/^[^*]*\/\*\//, ''))
      expect(sources.sort()).toEqual(keys.map((key) => key.replace(' ', '').replaceAll(/\{\w+\}/g, '*')).sort())
      expect(functions.get(name)?.inputs).toMatchObject({ timeout: row.timeoutSeconds, memorySize: row.memoryMb })
    }
  })

  it('functions', () => {
    expect(named(ofType(prod, 'function'))).toEqual(deployedFunctions.map(({ name }) => name).sort())
    const files = readdirSync(join(root, 'functions'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /^[^/]+\/[^/]+\.ts$/.test(file) && !file.endsWith('.test.ts'))
      .map((file) => file.replace('.ts', '').replace('/', '-'))
    const steps = workflows.flatMap((workflow) =>
      [...read(`workflows/${workflow.name}/steps.ts`).matchAll(/^export const (\w+)/gm)].map(
        ([, step = '']) => `${workflow.name} index.${step}`,
      ),
    )
    const inGraph = ofType(prod, 'function').map(
      (one) => `${textOf(one, 'code').split('/').at(-1)} ${textOf(one, 'handler')}`,
    )
    const expected = [...files.map((file) => `${file} index.handler`), ...steps.map((step) => `workflow-${step}`)]
    expect(inGraph.sort()).toEqual(expected.sort())
  })

  it('workflows', () => {
    const folders = readdirSync(join(root, 'workflows'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(named(ofType(prod, 'definition'))).toEqual(folders.map(({ name }) => name).sort())
    for (const machine of ofType(prod, 'definition')) {
      const name = textOf(machine, 'name')
      const holes = textOf(machine, 'definition').replaceAll(
        new RegExp(`arn:aws:lambda:us-east-1:123456789012:function:${name}-([a-z-]+)`, 'g'),
        (_, step: string) => `\${${step.replaceAll(/-([a-z])/g, (__, letter: string) => letter.toUpperCase())}}`,
      )
      expect(holes).toBe(read(`workflows/${name.replace(prefix, '')}/workflow.asl.json`))
    }
  })

  it('queues and who takes their messages', () => {
    expect(named(ofType(prod, 'queue'))).toEqual(queues.flatMap(({ name }) => [name, deadQueueName(name)]).sort())
    const inGraph = ofType(prod, 'mapping').map((one) =>
      [textOf(one, 'eventSourceArn'), textOf(one, 'functionName')].map((arn) => arn.split(prefix)[1]).join(' to '),
    )
    const inManifest = queues.flatMap(({ name, handler, buriedBy }) => [
      `${name} to internal-${handler}`,
      `${deadQueueName(name)} to internal-${buriedBy}`,
    ])
    expect(inGraph.sort()).toEqual(inManifest.sort())
    for (const mapping of ofType(prod, 'mapping')) {
      expect(mapping.inputs.functionResponseTypes).toEqual(['ReportBatchItemFailures'])
      expect(mapping.inputs.batchSize).toBe(messagesPerEventMax)
    }
    for (const { name, handler, visibilitySeconds } of queues) {
      const queue = ofType(prod, 'queue').find((one) => one.inputs.name === prefix + name)
      expect(queue?.inputs.visibilityTimeoutSeconds).toBe(visibilitySeconds)
      expect(visibilitySeconds).toBeGreaterThan(
        internals.find((row) => row.name === handler)?.timeoutSeconds ?? Number.NaN,
      )
    }
  })

  it('rules and schedules', () => {
    const machines = ofType(prod, 'definition').map(
      (one) => `arn:aws:states:us-east-1:123456789012:stateMachine:${textOf(one, 'name')}`,
    )
    const inGraph = ofType(prod, 'rule').map(({ inputs }) => [
      inputs.name,
      inputs.scheduleExpression ?? JSON.parse(String(inputs.eventPattern)),
    ])
    const order = workflows.map(({ name }) => machines.find((arn) => arn.endsWith(`${prefix}${name}`)) ?? '')
    const inManifest = rulesFor(order).map(({ name, when }) => [
      prefix + name,
      'schedule' in when ? when.schedule : when.pattern,
    ])
    expect(inGraph.sort()).toEqual(inManifest.sort())
  })
})

describe('variables', () => {
  it('of the configuration are told to a function, or make sense on a developer’s machine only', () => {
    const inConfig = [...read('packages/runtime/src/config.ts').matchAll(/^ {4}(GRIDGATE_\w+):/gm)].map(
      ([, name = '']) => name,
    )
    const known: readonly string[] = [...deployedVariables, ...localOnly]
    expect(inConfig.filter((name) => !known.includes(name))).toEqual([])
  })

  it('are told to those that read them, and to nobody else', () => {
    const dev = readGraph('dev')
    for (const row of deployedFunctions) {
      const told = ofType(dev, 'function').find((one) => textOf(one, 'name') === `gridgate-dev-${row.name}`)
      if (!told) throw new Error(`no ${row.name}`)
      const expected = row.name === 'internal-evaluate-policy' ? [] : variablesOf(row.ports)
      expect(Object.keys(variablesIn(told)).sort()).toEqual(expected.sort())
    }
  })

  it('that makers of a function read are told to it', () => {
    const makers = readFileSync(makersFile, 'utf8')
    const files = new Map(
      [...makers.matchAll(/^import \{([^}]*)\} from '\.\/([\w-]+\.ts)'/gm)].flatMap(([, names = '', file = '']) =>
        [...names.matchAll(/(\w+)\s*(?:,|$)/g)].map(([, name = '']) => [name, file] as const),
      ),
    )
    const readBy = new Map(
      makers.split(/^export const /m).map((text) => {
        const called = [...text.matchAll(/\w+/g)].flatMap(([word]) => files.get(word) ?? [])
        const texts = [text, ...[...new Set(called)].map((file) => read(`packages/runtime/src/${file}`))]
        return [/^\w+/.exec(text)?.[0] ?? '', texts.flatMap((one) => one.match(/GRIDGATE_[A-Z_]+/g) ?? [])] as const
      }),
    )
    expect(readBy.get('plan')).toContain('GRIDGATE_INFRA_CONFIG')
    // What follows from rights is told to whom they are given, though others can make the part.
    const elsewhere: readonly string[] = [...rightsTell, ...localOnly]
    const missing = deployedFunctions.flatMap(({ name, ports }) => {
      const told = variablesOf(ports)
      const wanted = new Set(partsOf(ports).flatMap((part) => readBy.get(part) ?? []))
      return [...wanted]
        .filter((one) => !told.includes(one) && !elsewhere.includes(one))
        .map((one) => `${name}: ${one}`)
    })
    expect(missing).toEqual([])
  })

  it.each([
    'prod',
    'dev',
  ])('of %s say whose each policy is exactly where the function has tenant isolation', (stage) => {
    const graph = readGraph(stage)
    const functions = new Map(ofType(graph, 'function').map((one) => [textOf(one, 'name'), one]))
    const find = (name: string) => {
      const found = functions.get(`gridgate-${stage}-${name}`)
      if (!found) throw new Error(`no ${name}`)
      return found
    }
    const mode = valueAt(find('internal-evaluate-policy'), 'tenancyConfig.tenantIsolationMode')
    expect(mode).toBe(stage === 'dev' ? 'PER_TENANT' : undefined)
    const place = { partition: '', region: '', accountId: '', table: '', prefix: '', kmsKeyArn: '' }
    const callers = deployedFunctions.filter(({ ports }) =>
      policyOf(ports, place).Statement.some(({ Action }) => Action.includes('lambda:InvokeFunction')),
    )
    expect(callers.length).toBeGreaterThan(10)
    const told = callers.map(({ name }) => variablesIn(find(name)).GRIDGATE_POLICY_TENANCY)
    expect(new Set(told)).toEqual(new Set([mode]))
    // What calls others may not: AWS has no tenant isolation together with it.
    const others = [...functions.values()].filter((one) => valueAt(one, 'tenancyConfig') !== undefined)
    expect(others.map((one) => textOf(one, 'name'))).toEqual(mode ? [`gridgate-${stage}-internal-evaluate-policy`] : [])
    expect(others.filter(({ inputs }) => inputs.publish === true)).toEqual([])
    const fed = ofType(graph, 'mapping').map((one) => textOf(one, 'functionName'))
    expect(fed.filter((name) => name.endsWith('internal-evaluate-policy'))).toEqual([])
  })

  it('of a stage without options are only those that must be', () => {
    const told = new Set(ofType(prod, 'function').flatMap((one) => Object.keys(variablesIn(one))))
    expect([...told].sort()).toEqual([
      ...['GRIDGATE_ACCOUNT', 'GRIDGATE_EVENTBRIDGE_SOURCES', 'GRIDGATE_KMS_KEY', 'GRIDGATE_PREFIX'],
      ...['GRIDGATE_SNS_TOPICS', 'GRIDGATE_TABLE'],
    ])
  })
})

describe('options', () => {
  const dev = readGraph('dev')
  const one = (name: string) => dev.resources.find((resource) => resource.name === name)

  it('of a domain close the address that AWS gives', () => {
    expect(one('ApiApi')?.inputs.disableExecuteApiEndpoint).toBe(true)
    expect(one('ApiDomainName')?.inputs.domainName).toBe('api.example.org')
    expect(dev.outputs.url).toBe('https://api.example.org')
  })

  it('of warm instances publish a version, which the route calls', () => {
    const warm = dev.resources.filter(({ type }) => type.endsWith(':ProvisionedConcurrencyConfig'))
    expect(warm.map(({ inputs }) => [inputs.functionName, inputs.provisionedConcurrentExecutions])).toEqual([
      ['gridgate-dev-clusters-list', 2],
      ['gridgate-dev-policies-test', 1],
    ])
    expect(one('ClustersListIntegration')?.inputs.integrationUri).toMatch(/gridgate-dev-clusters-list:1\/invocations$/)
    expect(one('ClustersListPermission')?.inputs.qualifier).toBe('1')
  })

  it('of roles let those steps take them on which repair instances, and nobody else', () => {
    const repairing = deployedFunctions.filter(({ ports }) => ports.includes('instances')).map(({ name }) => name)
    expect(repairing).toContain('failover-repair-node')
    const taking = (graph: typeof dev) =>
      ofType(graph, 'role').flatMap((role) =>
        rightsOf(graph, role)
          .filter(({ Action }) => Action.includes('sts:AssumeRole'))
          .map(({ Resource }) => [textOf(role, 'name').replace(/^gridgate-\w+-/, ''), Resource] as const),
      )
    const roles = ['arn:aws:iam::210987654321:role/repairs', 'arn:aws:iam::123456789012:role/others']
    expect(taking(dev).sort()).toEqual(repairing.sort().map((name) => [name, roles]))
    expect(taking(prod)).toEqual([])
  })

  it('tell an address of alarms', () => {
    expect(one('OperatorEmail')?.inputs).toMatchObject({ protocol: 'email', endpoint: 'operators@example.org' })
    expect(one('InternalEvaluatePolicy')?.inputs.reservedConcurrentExecutions).toBe(50)
  })
})
