/** What a cluster is known to be: absent, or at a version with the mark that its last change wrote. */
export type State = { version: number; mark: string } | null

/** One cluster of the registry, with what was acknowledged and what was asked for since. */
export interface ClusterRow {
  id: string
  acknowledged: State
  /** What it becomes if the request on its way was carried out; undefined when none is. */
  asked: State | undefined
}

/** A write with an Idempotency-Key. */
export interface KeyedWrite {
  key: string
  body: { id: string }
  /** Null while it is not acknowledged. */
  reply: { status: number; body: string } | null
}

export interface TaskRow {
  id: string
  clusterId: string
  /** How it must end, whatever happens on the way. */
  mustEnd: { status: 'completed' } | { status: 'failed'; code: string }
  /** Steps that were seen to have ended well, and whether the task was seen finished: neither may be taken back. */
  seen: { succeeded: string[]; finished: string | null }
}

/** Everything that the server acknowledged, kept by the clients; and what was on its way when it died. */
export class Ledger {
  readonly clusters = new Map<string, ClusterRow>()
  /** Since the last comparison. */
  readonly keyed: KeyedWrite[] = []
  replayed = 0
  /** URI → digest of the code; null while not acknowledged. */
  readonly policies = new Map<string, string | null>()
  readonly tasks = new Map<string, TaskRow>()
  /** The network map holds one of these numbers. */
  map = { acknowledged: 0, asked: 0 }
  /** Acknowledged writes, all rounds. */
  writes = 0
  /** Replies that no client should have got. */
  readonly complaints: string[] = []
  #number = 0

  /** A number that was not used before. */
  next(): number {
    this.#number += 1
    return this.#number
  }

  sizes(): string {
    const policies = [...this.policies.values()].filter((digest) => digest !== null).length
    return `${this.writes} acknowledged writes: ${this.clusters.size} clusters, ${this.replayed} replays, ${policies} policies, map at ${this.map.acknowledged}, ${this.tasks.size} tasks`
  }
}

/** Random numbers that a seed repeats (mulberry32). */
export function randomFrom(seed: number): { below(bound: number): number; chance(share: number): boolean } {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
  return { below: (bound) => Math.floor(next() * bound), chance: (share) => next() < share }
}
export type Random = ReturnType<typeof randomFrom>
