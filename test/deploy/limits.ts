import { z } from 'zod'
import { type Graph, listOf, ofType, textOf, types, valueAt, variablesIn } from './graph.ts'

/** Most of what AWS allows without being asked, "quotas" of the service's guide; what a quota can be raised to is not counted on. */
const limits = {
  nameCharactersMax: { function: 64, role: 64, queue: 80, definition: 80, rule: 64, logGroup: 512, alarm: 255 },
  environmentBytesMax: 4_096,
  inlinePolicyCharactersMax: 10_240,
  trustPolicyCharactersMax: 2_048,
  keyPolicyBytesMax: 32_768,
  functionPolicyBytesMax: 20_480,
  routesMax: 300,
  integrationsMax: 300,
  answerMsMax: 30_000,
  indexesMax: 20,
  definitionBytesMax: 1_048_576,
  rolesMax: 1_000,
  rulesMax: 300,
  eventPatternCharactersMax: 2_048,
  metricsOfAlarmMax: 10,
  timeoutSecondsMax: 900,
  memoryMbMax: 10_240,
  /** An account has 1,000 of which 100 cannot be reserved. */
  reservedMax: 900,
  queueBatchMax: 10_000,
} as const

const nameOf = z.string()

/** What is above a limit, in words. */
export function aboveLimits(graph: Graph): string[] {
  return [
    ...namesTooLong(graph),
    ...tooMany(graph),
    ...functionsTooLarge(graph),
    ...policiesTooLarge(graph),
    ...others(graph),
  ]
}

function namesTooLong(graph: Graph): string[] {
  return Object.entries(limits.nameCharactersMax).flatMap(([type, max]) =>
    graph.resources
      .filter((resource) => resource.type === types[type as keyof typeof limits.nameCharactersMax])
      .map(({ inputs }) => nameOf.parse(inputs.name))
      .filter((name) => name.length > max || (type !== 'logGroup' && !/^[\w-]+$/.test(name)))
      .map((name) => `${name} is longer than ${max} characters, or has others than AWS allows`),
  )
}

function tooMany(graph: Graph): string[] {
  const counts = [
    ['routes', ofType(graph, 'route').length, limits.routesMax],
    ['integrations', ofType(graph, 'integration').length, limits.integrationsMax],
    ['roles', ofType(graph, 'role').length, limits.rolesMax],
    ['rules', ofType(graph, 'rule').length, limits.rulesMax],
    [
      'indexes',
      ofType(graph, 'table').flatMap((table) => listOf(table, 'globalSecondaryIndexes')).length,
      limits.indexesMax,
    ],
    [
      'reserved',
      ofType(graph, 'function').reduce((sum, one) => sum + reservedBy(one.inputs.reservedConcurrentExecutions), 0),
      limits.reservedMax,
    ],
  ] as const
  return counts.filter(([, count, max]) => count > max).map(([what, count, max]) => `${count} ${what}, ${max} at most`)
}

const reservedBy = (value: unknown): number => (typeof value === 'number' ? value : 0)

function functionsTooLarge(graph: Graph): string[] {
  return ofType(graph, 'function').flatMap((one) => {
    const name = textOf(one, 'name')
    const told = Buffer.byteLength(JSON.stringify(variablesIn(one)))
    const callers = ofType(graph, 'permission').filter(({ inputs }) => inputs.function === name)
    const sure = [
      ['bytes of variables', told, limits.environmentBytesMax],
      ['s', Number(one.inputs.timeout), limits.timeoutSecondsMax],
      ['MB', Number(one.inputs.memorySize), limits.memoryMbMax],
      [
        'bytes of who may call',
        Buffer.byteLength(JSON.stringify(callers.map(({ inputs }) => inputs))),
        limits.functionPolicyBytesMax,
      ],
    ] as const
    return sure
      .filter(([, value, max]) => value > max)
      .map(([what, value, max]) => `${name}: ${value} ${what}, ${max} at most`)
  })
}

function policiesTooLarge(graph: Graph): string[] {
  const texts = [
    ...ofType(graph, 'rights').map(
      (one) => [one.name, textOf(one, 'policy'), limits.inlinePolicyCharactersMax] as const,
    ),
    ...ofType(graph, 'role').map(
      (one) => [one.name, textOf(one, 'assumeRolePolicy'), limits.trustPolicyCharactersMax] as const,
    ),
    ...ofType(graph, 'key').map((one) => [one.name, textOf(one, 'policy'), limits.keyPolicyBytesMax] as const),
  ]
  return texts
    .filter(([, text, max]) => text.length > max)
    .map(([name, text, max]) => `${name}: ${text.length} characters, ${max} at most`)
}

function others(graph: Graph): string[] {
  const sizes = [
    ...ofType(graph, 'definition').map(
      (one) => [one.name, Buffer.byteLength(textOf(one, 'definition')), limits.definitionBytesMax] as const,
    ),
    ...ofType(graph, 'rule').map(
      (one) => [one.name, String(one.inputs.eventPattern ?? '').length, limits.eventPatternCharactersMax] as const,
    ),
    ...ofType(graph, 'integration').map(
      (one) => [one.name, Number(one.inputs.timeoutMilliseconds), limits.answerMsMax] as const,
    ),
    ...ofType(graph, 'alarm').map(
      (one) =>
        [
          one.name,
          listOf(one, 'metricQueries').filter((query) => JSON.stringify(query).includes('metricName')).length,
          limits.metricsOfAlarmMax,
        ] as const,
    ),
    ...ofType(graph, 'mapping').map(
      (one) => [one.name, Number(valueAt(one, 'batchSize')), limits.queueBatchMax] as const,
    ),
  ]
  return sizes.filter(([, size, max]) => !(size <= max)).map(([name, size, max]) => `${name}: ${size}, ${max} at most`)
}
