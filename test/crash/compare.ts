import {
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn'
import { expect } from 'vitest'
import { call, type Ready } from '../e2e/product.ts'
import type { ClusterRow, Ledger, State, TaskRow } from './ledger.ts'

interface Reply<Data> {
  status: number
  body: { data: Data; next_cursor?: string | null; map?: Record<string, { parameters?: { number: number } }> }
  headers: Headers
}

const get = async <Data>(url: string, path: string): Promise<Reply<Data>> =>
  (await call(url, 'GET', path)) as unknown as Reply<Data>

/** Every acknowledged write is there, exactly as it was acknowledged or as the request on its way would leave it. */
export async function compare(url: string, ledger: Ledger): Promise<void> {
  expect(ledger.complaints).toEqual([])
  for (const row of ledger.clusters.values()) await compareCluster(url, row)
  await compareLists(url, ledger)
  for (const [uri, digest] of ledger.policies) await comparePolicy(url, uri, digest, ledger)
  const { body } = await get(url, '/pre-check-policies/get')
  const number = body.map?.remove_node?.parameters?.number ?? 0
  expect([ledger.map.acknowledged, ledger.map.asked]).toContain(number)
  ledger.map = { acknowledged: number, asked: number }
  for (const row of ledger.tasks.values()) await compareTask(url, row)
}

interface Document {
  clusterMetadata: { owner: string }
  nodes: { count: number; nodeData: { nodeMetadata: { mark: string } }[] }
}

async function compareCluster(url: string, row: ClusterRow): Promise<void> {
  const { status, body, headers } = await get<Document>(url, `/clusters/read/${row.id}`)
  const possible = possibleStates(row)
  let found: State = null
  if (status === 200) {
    const { clusterMetadata, nodes } = body.data
    const mark = clusterMetadata.owner
    found = { version: Number(/\d+/.exec(headers.get('etag') ?? '')?.[0]), mark }
    expect([row.id, nodes.count, new Set(nodes.nodeData.map((node) => node.nodeMetadata.mark))]).toEqual([
      row.id,
      nodes.nodeData.length,
      new Set([mark]),
    ])
  } else expect([row.id, status]).toEqual([row.id, 404])
  expect(possible, `${row.id} was found as ${JSON.stringify(found)}`).toContainEqual(found)
  row.acknowledged = found
  row.asked = undefined
}

/** What was acknowledged, or what the request on its way makes of it. A removal first closes the cluster, which is a version of its own. */
function possibleStates({ acknowledged, asked }: ClusterRow): State[] {
  if (asked === undefined) return [acknowledged]
  const closed = asked === null && acknowledged ? [{ ...acknowledged, version: acknowledged.version + 1 }] : []
  return [acknowledged, asked, ...closed]
}

/** The list names every cluster that is there once, and none that is not. */
async function compareLists(url: string, ledger: Ledger): Promise<void> {
  const listed: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { body }: Reply<{ id: string }[]> = await get(url, `/clusters?limit=100${query}`)
    listed.push(...body.data.map(({ id }) => id))
    cursor = body.next_cursor ?? null
  } while (cursor !== null)
  const known = [...ledger.clusters.values()].filter(({ acknowledged }) => acknowledged !== null).map(({ id }) => id)
  const other = listed.filter((id) => !ledger.clusters.has(id) && !id.startsWith('t-') && id !== 'site')
  expect(other).toEqual([])
  expect(listed.filter((id) => ledger.clusters.has(id)).sort()).toEqual(known.sort())
}

async function comparePolicy(url: string, uri: string, digest: string | null, ledger: Ledger): Promise<void> {
  const { status, body } = await get<{ code_digest: string }>(url, `/policy/${encodeURIComponent(uri)}`)
  if (digest !== null) expect([uri, status, body.data?.code_digest]).toEqual([uri, 200, digest])
  else if (status === 200) ledger.policies.set(uri, body.data.code_digest)
}

interface SeenTask {
  task_status: string
  task_status_data: { code?: string; steps?: { name: string; status: string }[] }
}

/** It exists, and nothing that was seen of it is taken back. @returns whether it is finished */
export async function compareTask(url: string, row: TaskRow): Promise<boolean> {
  const { status, body } = await get<SeenTask>(url, `/tasks/${row.id}`)
  expect([row.id, status]).toEqual([row.id, 200])
  const { task_status, task_status_data } = body.data
  const succeeded = (task_status_data.steps ?? []).filter((step) => step.status === 'succeeded').map(({ name }) => name)
  expect(succeeded).toEqual(expect.arrayContaining(row.seen.succeeded.filter((name) => !name.startsWith('Check'))))
  const finished = ['pending', 'in_progress'].includes(task_status) ? null : task_status
  if (row.seen.finished !== null) expect([row.id, finished]).toEqual([row.id, row.seen.finished])
  if (finished !== null)
    expect({ id: row.id, status: finished, code: task_status_data.code }).toEqual({
      id: row.id,
      code: undefined,
      ...row.mustEnd,
    })
  row.seen = { succeeded, finished }
  return finished !== null
}

/** An acknowledged write with a key gives its reply again; one that was cut off happens at most once more. */
export async function replay(url: string, ledger: Ledger): Promise<void> {
  for (const write of ledger.keyed.splice(0)) {
    ledger.replayed++
    const headers = { 'idempotency-key': write.key }
    const again = await call(url, 'POST', '/clusters/create', write.body, headers)
    if (write.reply !== null) {
      expect({ status: again.status, body: JSON.stringify(again.body) }).toEqual(write.reply)
      expect(again.headers.get('idempotent-replayed')).toBe('true')
      continue
    }
    expect([200, 409]).toContain(again.status)
    const row = ledger.clusters.get(write.body.id)
    const code = (again.body as { code?: string }).code
    if (row && again.status === 200 && row.acknowledged === null)
      row.acknowledged = { version: 1, mark: (write.body as unknown as Document).clusterMetadata.owner }
    if (again.status === 409) expect(['cluster.exists', 'idempotency.in_progress']).toContain(code)
  }
}

const ends = ['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut']

/** Every task has one execution and every execution a task; each history is whole. @returns how many there are */
export async function compareHistories({ aws, url }: Ready): Promise<{ executions: number; events: number }> {
  const { endpoint, region, ...credentials } = aws
  const states = new SFNClient({ endpoint, region, credentials })
  const executions: ExecutionListItem[] = []
  const { stateMachines = [] } = await states.send(new ListStateMachinesCommand({}))
  for (const { stateMachineArn } of stateMachines) {
    let nextToken: string | undefined
    do {
      const page = await states.send(new ListExecutionsCommand({ stateMachineArn, nextToken }))
      executions.push(...(page.executions ?? []))
      nextToken = page.nextToken
    } while (nextToken)
  }
  const tasks: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { body }: Reply<{ task_id: string }[]> = await get(url, `/tasks?limit=100${query}`)
    tasks.push(...body.data.map(({ task_id }) => task_id))
    cursor = body.next_cursor ?? null
  } while (cursor !== null)
  expect(executions.map(({ name }) => name).sort()).toEqual(tasks.sort())

  let events = 0
  for (const { executionArn } of executions) {
    const history = await historyOf(states, executionArn)
    expect(history.map(({ id }) => id)).toEqual(history.map((_, index) => index + 1))
    expect(history[0]?.type).toBe('ExecutionStarted')
    expect(ends).toContain(history.at(-1)?.type)
    expect(history.filter(({ type = '' }) => ends.includes(type)).length).toBe(1)
    requireOnce(history)
    events += history.length
  }
  states.destroy()
  return { executions: executions.length, events }
}

async function historyOf(states: SFNClient, executionArn: string | undefined): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = []
  let nextToken: string | undefined
  do {
    const page = await states.send(new GetExecutionHistoryCommand({ executionArn, nextToken, maxResults: 1000 }))
    events.push(...(page.events ?? []))
    nextToken = page.nextToken
  } while (nextToken)
  return events
}

/** States outside the waiting loops are entered and left once, however often the process died in them. */
function requireOnce(history: readonly HistoryEvent[]): void {
  const isOnce = (name = ''): boolean => /^(Install|Create|Grant|Expose|Enrol|Write|Clear|Complete|Fail)/.test(name)
  const entered = history.flatMap(({ stateEnteredEventDetails: details }) => details?.name ?? []).filter(isOnce)
  const left = history.flatMap(({ stateExitedEventDetails: details }) => details?.name ?? []).filter(isOnce)
  expect(entered).toEqual([...new Set(entered)])
  expect(left).toEqual([...new Set(left)])
}
