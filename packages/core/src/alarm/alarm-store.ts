import type { Page } from '../page.ts'
import type { AlarmWatch } from './alarm-watch.ts'
import type { FailoverRule, RuleName } from './failover-rule.ts'
import type { StoredAlarm } from './stored-alarm.ts'

/** Where a list goes on, and how much of it is wanted. */
export interface ListOptions {
  after: string | null
  limit: number
}

/** What an alarm is counted to. */
export interface AlarmCount {
  bucket: string
  /** Minutes since 1970. */
  minute: number
  /** Most alarms of the bucket in a minute. */
  max: number
}

/** Port: the alarms that came in. They expire. */
export interface AlarmStore {
  /**
   * Keeps an alarm and counts it to its caller's minute, both or neither. `known` when it is there already, which counts
   * nothing; `too_many` when the count is full.
   * @throws {GridError} `service.unavailable` when too many count at once
   */
  create(alarm: StoredAlarm, count: AlarmCount): Promise<'created' | 'known' | 'too_many'>
  find(eventId: string): Promise<StoredAlarm | null>
  /** Replaces what is stored if it still has the version; false when it has not, or is gone. */
  replace(alarm: StoredAlarm): Promise<boolean>
  /** Newest first. */
  list(options: ListOptions): Promise<Page<StoredAlarm>>
}

/** Port: what each rule knows of each target. What was silent for long is forgotten. */
export interface WatchStore {
  read(at: Pick<AlarmWatch, 'rule' | 'target' | 'cluster_id'>): Promise<AlarmWatch>
  /** Replaces what is stored if it still has the version; null when it has not. */
  write(watch: AlarmWatch): Promise<AlarmWatch | null>
  /** Those that are due at a moment, the longest due first. */
  listDue(until: Date, limit: number): Promise<AlarmWatch[]>
}

export interface StoredRule {
  rule: FailoverRule
  /** Grows by one with every write; the ETag on the wire. */
  version: number
}

/** Port: the failover rules. */
export interface RuleStore {
  find(name: RuleName): Promise<StoredRule | null>
  /** @throws {GridError} `rule.exists` */
  create(rule: FailoverRule): Promise<StoredRule>
  /** @throws {GridError} `rule.changed` */
  replace(rule: FailoverRule, version: number): Promise<StoredRule>
  /** @throws {GridError} `rule.changed` */
  remove(name: RuleName, version: number): Promise<void>
  /** By name. */
  list(options: ListOptions): Promise<Page<StoredRule>>
}
