import { heartbeatSeconds } from '@gridgate/core/controller/heartbeat'
import { policyOf } from '@gridgate/runtime/rights'
import { documentBytesMax } from '@gridgate/storage/cluster-store-rows'
import { deployedFunctions } from '../../packages/deployment/function-list.ts'
import { asOf, assumed, partition, prices, quotas, transitionsPerSecond } from './facts.ts'
import { writeUnits } from './item-size.ts'
import { type Measured, type Operation, oneNode } from './measure.ts'

/** The network that the page is about. */
export const network = { clusters: 10_000, nodesEach: 100, writesPerSecond: 1_000 }

const secondsOfMonth = 30 * 86_400
const number = (value: number): string => Math.round(value).toLocaleString('en-US')
const sumOf = (lists: ReadonlyMap<string, number>): number => [...lists.values()].reduce((sum, units) => sum + units, 0)
const row = (...cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => (typeof cell === 'number' ? number(cell) : cell)).join(' | ')} |`
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows].join('\n')

/** The parts of docs/scale.md that are calculated, by the names of their markers. */
export const sections = (measured: Measured): Record<string, string> => ({
  items: itemsText(measured),
  operations: table(
    ['operation', 'calls that write', 'units of the table', 'units of the index'],
    measured.operations.map(({ name, used }) => row(name, used.writes, used.table, sumOf(used.lists))),
  ),
  lists: table(
    ['operation', 'list', 'units of one', 'at most a second', `units at ${number(network.writesPerSecond)} a second`],
    measured.operations.flatMap(({ name, used }) =>
      [...used.lists].map(([list, units]) =>
        row(name, `\`${list}\``, units, Math.floor(partition.writeUnitsMax / units), units * network.writesPerSecond),
      ),
    ),
  ),
  quotas: table(
    ['what', `default quota (${asOf})`, 'here', 'source'],
    quotas.map(({ what, quota, here, source }) => row(what, quota, here, source)),
  ),
  transitions: transitionsText(measured),
  policies: policyText(),
  calls: callsText(),
  prices: table(
    ['price', 'dollars', 'for'],
    Object.values(prices).map(({ what, dollars, each }) => row(what, `$${dollars}`, each)),
  ),
  cost: costText(measured),
})

function itemsText({ items }: Measured): string {
  const node = items.find(({ name }) => name === oneNode)?.bytes ?? Number.NaN
  const rows = items.map(({ name, bytes }) => row(name, bytes, writeUnits(bytes)))
  const room = `A document of ${number(documentBytesMax)} bytes, the largest, has room for some ${number(Math.floor(documentBytesMax / node / 100) * 100)} nodes like these; the network's ${number(network.clusters * network.nodesEach)} are ${network.nodesEach} a cluster.`
  return `${table(['item', 'bytes', 'write units'], rows)}\n\n${room}`
}

const transitionsText = ({ operations }: Measured): string =>
  table(
    ['operation', 'transitions of one', `at most a second, with ${number(transitionsPerSecond)}`],
    operations.flatMap(({ name, transitions }) =>
      transitions === undefined ? [] : [row(name, transitions, Math.floor(transitionsPerSecond / transitions))],
    ),
  )

const callsText = (): string => {
  const atOnce = network.writesPerSecond * assumed.secondsOfCall
  return `At ${assumed.secondsOfCall * 1000} ms each, ${number(network.writesPerSecond)} writes a second are some ${number(atOnce)} functions at a time, and as many again for policies that take as long.`
}

function policyText(): string {
  const place = { partition: 'aws', region: 'us-east-1', accountId: '123456789012', table: 'gridgate-prod-table' }
  const kmsKeyArn = `arn:aws:kms:us-east-1:123456789012:key/${'0'.repeat(36)}`
  const lengths = deployedFunctions.map(({ name, ports }) => {
    const length = JSON.stringify(policyOf(ports, { ...place, prefix: 'gridgate-prod-', kmsKeyArn })).length
    return { name, length }
  })
  const longest = lengths.reduce((most, one) => (one.length > most.length ? one : most))
  return `${number(lengths.length)} functions have a policy of their own; the longest, of \`${longest.name}\`, has ${number(longest.length)} of 10,240 characters.`
}

/** One operation, so often a second, for a month. */
function monthly({ used }: Pick<Operation, 'used'>, perSecond: number, calls: number): number[] {
  const times = perSecond * secondsOfMonth
  const dollars = ({ dollars: price, each }: { dollars: number; each: number }, amount: number): number =>
    (price / each) * amount * times
  const writes = dollars(prices.writeUnit, used.table + sumOf(used.lists))
  const runs = dollars(prices.request, 1) + dollars(prices.invocation, calls)
  const seconds = dollars(prices.gbSecond, calls * assumed.secondsOfCall * assumed.memoryGb)
  return [writes, runs + seconds, dollars(prices.logGb, (calls * assumed.logKbOfCall) / 2 ** 20)]
}

function costText({ operations }: Measured): string {
  const named = (begin: string): Operation => {
    const found = operations.find(({ name }) => name.startsWith(begin))
    if (!found) throw new Error(`no operation ${begin}`)
    return found
  }
  const heartbeats = network.clusters / heartbeatSeconds
  const cases: [string, Operation, number, number][] = [
    [`${number(heartbeats)} heartbeats a second`, named('take a heartbeat'), heartbeats, 1],
    ['and a count of each of their requests', named('count a request'), heartbeats, 0],
    [`${number(network.writesPerSecond)} changes a second`, named('change one field'), network.writesPerSecond, 2],
    ['and their entries of the audit log', named('write an audit entry'), network.writesPerSecond, 0],
    ['and their Idempotency-Keys', named('keep a reply'), network.writesPerSecond, 0],
    ['and a count of each of their requests', named('count a request'), network.writesPerSecond, 0],
  ]
  const rows = cases.map(([what, operation, perSecond, calls]) => {
    const parts = calls === 0 ? [monthly(operation, perSecond, 0)[0] ?? 0, 0, 0] : monthly(operation, perSecond, calls)
    return { what, parts, sum: parts.reduce((sum, part) => sum + part, 0) }
  })
  const all = rows.reduce((sum, one) => sum + one.sum, 0)
  return table(
    ['in a month of 30 days', 'table and index', 'API and functions', 'logs', 'sum'],
    [
      ...rows.map(({ what, parts, sum }) => row(what, ...parts.map((part) => `$${number(part)}`), `$${number(sum)}`)),
      row('**all**', '', '', '', `**$${number(all)}**`),
    ],
  )
}

const marker = (name: string): RegExp => new RegExp(`(<!-- scale:${name} -->\\n)[\\s\\S]*?(<!-- end -->)`)

/** The page with its calculated parts as they are now. @throws {Error} for a part that has no place in it */
export function filled(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    if (!marker(name).test(text)) throw new Error(`the page has no place for ${name}`)
    return text.replace(marker(name), (_, head: string, end: string) => `${head}${part}\n${end}`)
  }, page)
}
