import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { openDatabase, transaction } from '../aws/database.ts'
import { inputOf } from '../aws/input.ts'
import type { Log } from '../aws/log.ts'
import { type Entry, type Outbox, openOutbox } from '../aws/outbox.ts'
import { AwsError, type AwsService, type JsonObject, unknownOperation } from '../aws/service.ts'
import type { Clock } from '../clock.ts'
import { type EnvelopeFacts, envelopeOf, inputFor, type NewEvent } from './event.ts'
import { matches } from './pattern.ts'
import { eventsCodes, ruleOperations } from './rule-operations.ts'
import { openRuleStore, type Rule, type RuleStore, type Target } from './rule-store.ts'
import { nextRun, periodOf } from './schedule.ts'

/** Entries of one PutEvents, and their bytes together (EventBridge quotas). */
const entriesMax = 10
const entriesBytesMax = 1_048_576
/** Largest time of an event, in seconds since 1970: the end of the year 9999. */
const secondsMax = 253_402_300_799
/** Deliveries to one target are tried for at most a day; waits start at a second and double up to 15 minutes. */
const eventAgeMsMax = 24 * 3_600_000
const attemptsMax = 185
const firstWaitMs = 1_000
const waitMsMax = 900_000

/** Brings events to targets; what it throws is tried again. */
export interface Deliveries {
  /** Hands an event over to a function, as an asynchronous invocation. */
  toFunction(arn: string, payload: string): Promise<unknown>
  toQueue(arn: string, body: string, from: { ruleArn: string; groupId?: string | undefined }): Promise<void> | void
}

export interface EventsOptions {
  file: string
  clock: Clock
  region: string
  accountId: string
  deliver: Deliveries
  log: Log
}

/** The embedded EventBridge: the default bus. */
export interface Events extends AwsService {
  /** Sends an event to all rules. Once it resolves, delivery to each target survives the death of the process. */
  publish(event: NewEvent): Promise<{ id: string }>
  close(): Promise<void>
}

/** Opens EventBridge over one file; schedules and retries follow the clock, a missed schedule runs once at the start. */
export function openEvents(options: EventsOptions): Events {
  const { clock, region, accountId, log } = options
  const db = openDatabase(options.file, '')
  const rules = openRuleStore(db)
  const arnOf = (name: string): string => `arn:aws:events:${region}:${accountId}:rule/${name}`
  const outbox = openOutbox({
    db,
    clock,
    deliver: (entry) => deliver(options.deliver, entry, arnOf),
    waitMs: (entry) => waitFor(entry, clock.now()),
    dropped: (entry, error) => log('event.dropped', { target: entry.destination, id: entry.id, reason: String(error) }),
  })
  const facts = { region, accountId, now: () => clock.now() }
  const publish = publisher(db, rules, outbox, facts)
  const schedules = runSchedules(clock, rules, (rule, dueAt) => {
    const scheduled = { source: 'aws.events', detailType: 'Scheduled Event', detail: {}, resources: [arnOf(rule.name)] }
    transaction(db, () => {
      sendTo(rule, rules.targets(rule.name), outbox, envelopeOf({ ...scheduled, time: dueAt }, randomUUID(), facts))
      rules.put({ ...rule, dueAt: nextRun(dueAt, periodOf(rule.schedule ?? ''), clock.now()) })
    })
    outbox.wake()
  })
  const operations = ruleOperations({ db, rules, now: facts.now, arnOf, changed: schedules.arm })

  schedules.arm()
  return {
    async call(operation, input) {
      if (operation === 'PutEvents') return putEvents(input, publish)
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined
      if (!run) throw unknownOperation(operation)
      return run(input)
    },
    publish: async (event) => ({ id: publish(event) }),
    async close() {
      schedules.close()
      await outbox.close()
      db.close()
    },
  }
}

/** Makes what keeps an event for every target of the rules that match it, all in one commit, and returns its id. */
function publisher(
  db: DatabaseSync,
  rules: RuleStore,
  outbox: Outbox,
  facts: EnvelopeFacts,
): (event: NewEvent) => string {
  return (event) => {
    const id = event.id ?? randomUUID()
    const envelope = envelopeOf(event, id, facts)
    transaction(db, () => {
      for (const rule of rules.all()) {
        const isMeant = rule.isEnabled && rule.pattern !== null && matches(rule.pattern, envelope)
        if (isMeant) sendTo(rule, rules.targets(rule.name), outbox, envelope)
      }
    })
    outbox.wake()
    return id
  }
}

/** Where an event is brought, and for which rule. */
type Destination = Target & { rule: string }

function sendTo(rule: Rule, targets: readonly Target[], outbox: Outbox, envelope: JsonObject): void {
  for (const target of targets)
    outbox.add({
      id: `${envelope.id} ${rule.name} ${target.Id}`,
      destination: JSON.stringify({ ...target, rule: rule.name } satisfies Destination),
      body: inputFor(target, envelope),
    })
}

/** Calls `run` for each enabled rule whose time has come, and waits for the next. */
function runSchedules(
  clock: Clock,
  rules: RuleStore,
  run: (rule: Rule, dueAt: number) => void,
): { arm(): void; close(): void } {
  let takeBack = (): void => {}
  const scheduled = (): Rule[] => rules.all().filter((rule) => rule.isEnabled && rule.dueAt !== null)
  const arm = (): void => {
    takeBack()
    for (const rule of scheduled()) if (rule.dueAt !== null && rule.dueAt <= clock.now()) run(rule, rule.dueAt)
    const next = Math.min(...scheduled().map((rule) => rule.dueAt ?? Number.POSITIVE_INFINITY))
    takeBack = Number.isFinite(next) ? clock.at(next, arm) : (): void => {}
  }
  return { arm, close: () => takeBack() }
}

async function deliver(deliveries: Deliveries, entry: Entry, arnOf: (rule: string) => string): Promise<void> {
  const { Arn, SqsParameters, rule } = JSON.parse(entry.destination) as Destination
  if (Arn.startsWith('arn:aws:lambda:')) await deliveries.toFunction(Arn, entry.body)
  else await deliveries.toQueue(Arn, entry.body, { ruleArn: arnOf(rule), groupId: SqsParameters?.MessageGroupId })
}

function waitFor(entry: Entry, now: number): number | null {
  if (entry.attempts >= attemptsMax || now - entry.createdAt > eventAgeMsMax) return null
  return Math.min(waitMsMax, firstWaitMs * 2 ** Math.min(entry.attempts - 1, 20))
}

function putEvents(request: JsonObject, publish: (event: NewEvent) => string): JsonObject {
  const entries = inputOf(request, eventsCodes).objects('Entries')
  if (entries.length === 0 || entries.length > entriesMax)
    throw new AwsError('ValidationException', `Entries must have between 1 and ${entriesMax} members.`)
  if (Buffer.byteLength(JSON.stringify(entries)) > entriesBytesMax)
    throw new AwsError(
      'ValidationException',
      `Total size of the entries in the request is over the limit of ${entriesBytesMax} bytes.`,
    )
  const results = entries.map((entry) => {
    try {
      return { EventId: publish(readEntry(entry)) }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      return { ErrorCode: error.code, ErrorMessage: error.message }
    }
  })
  return {
    FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length,
    Entries: results as JsonObject[],
  }
}

function readEntry(entry: JsonObject): NewEvent {
  const input = inputOf(entry, { missing: 'InvalidArgument', invalid: 'InvalidArgument' })
  const source = input.text('Source')
  if (source.startsWith('aws.')) throw new AwsError('NotAuthorizedForSourceException', 'Not authorized for the source.')
  const bus = input.optionalText('EventBusName') ?? 'default'
  if (bus !== 'default' && !bus.endsWith(':event-bus/default'))
    throw new AwsError('InvalidArgument', `event bus ${bus} is not supported by the embedded cloud`)
  const time = entry.Time ?? null
  if (time !== null && (typeof time !== 'number' || Math.abs(time) > secondsMax))
    throw new AwsError('InvalidArgument', 'Time is not a time.')
  return {
    source,
    detailType: input.text('DetailType'),
    detail: parseDetail(input.text('Detail')),
    resources: input.texts('Resources'),
    ...(time === null ? {} : { time: time * 1000 }),
  }
}

function parseDetail(text: string): JsonObject {
  try {
    const detail: unknown = JSON.parse(text)
    if (typeof detail === 'object' && detail !== null && !Array.isArray(detail)) return detail as JsonObject
  } catch {
    // told below, as for other texts that are no object
  }
  throw new AwsError('MalformedDetail', 'Detail is malformed.')
}
