import { GridError } from '@gridgate/core/errors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Followed, follow } from './follow.ts'
import { kinds } from './kinds.ts'
import { MemoryCluster } from './memory-cluster.ts'
import type { KubernetesObject } from './object.ts'
import type { WatchEvent, WatchOptions } from './watching.ts'

const pod = (name: string, resourceVersion = '1'): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'blocks', resourceVersion },
})
const keep = ({ metadata }: KubernetesObject) => (metadata.name.startsWith('skip') ? null : metadata.resourceVersion)

/** A cluster whose watches are scripted: each gives its events, then ends or throws. */
class ScriptedCluster extends MemoryCluster {
  readonly watches: (readonly WatchEvent[] | GridError)[] = []
  readonly versions: string[] = []

  override async watch(_kind?: unknown, options?: WatchOptions): Promise<AsyncIterable<WatchEvent>> {
    this.versions.push(options?.resourceVersion ?? '')
    const script = this.watches.shift()
    if (script instanceof GridError) throw script
    return (async function* () {
      yield* script ?? []
      if (script === undefined) await new Promise((resolve) => options?.signal.addEventListener('abort', resolve))
    })()
  }
}

let cluster: ScriptedCluster
let now: Date
const stopping: AbortController[] = []

beforeEach(() => {
  cluster = new ScriptedCluster()
  now = new Date('2026-01-01T00:00:00Z')
})
afterEach(() => {
  for (const one of stopping.splice(0)) one.abort()
})

const start = (itemsMax = 10): Followed<string> => {
  const stop = new AbortController()
  stopping.push(stop)
  return follow<string>(cluster, kinds.pod, {
    namespace: 'blocks',
    keep: (object) => keep(object) ?? null,
    itemsMax,
    now: () => now,
    signal: stop.signal,
  })
}
const names = (followed: Followed<string>): string[] => [...followed.items().keys()]
const untilWatches = (count: number): Promise<void> =>
  vi.waitFor(() => expect(cluster.versions.length).toBeGreaterThanOrEqual(count), 10_000)

describe('following', () => {
  it('begins with a list and goes on with what changes, from the version of the last event', async () => {
    cluster.put(pod('a'))
    cluster.put(pod('b'))
    cluster.put(pod('skip-c'))
    cluster.watches.push([
      { type: 'ADDED', object: pod('d', '100') },
      { type: 'DELETED', object: pod('a', '101') },
      { type: 'MODIFIED', object: pod('b', '102') },
      { type: 'BOOKMARK', object: pod('', '110') },
    ])
    const followed = start()
    await untilWatches(2)
    expect([...followed.items()]).toEqual([
      ['blocks/b', '102'],
      ['blocks/d', '100'],
    ])
    expect(cluster.versions[1]).toBe('110')
  })

  it('lists anew when the API server has forgotten the version, and forgets what is gone', async () => {
    cluster.put(pod('a'))
    const expired = new GridError('kube.failed', 'expired', { details: { status: 410 } })
    cluster.watches.push([{ type: 'ADDED', object: pod('b', '100') }], expired)
    const followed = start()
    await untilWatches(3)
    expect(names(followed)).toEqual(['blocks/a'])
  })

  it('keeps what it knows while the API server fails, and says when that is too old', async () => {
    cluster.put(pod('a'))
    const down = new GridError('kube.unreachable', 'down')
    cluster.watches.push([], down, down, down, down, down, down, down)
    const followed = start()
    await untilWatches(3)
    expect(() => followed.requireFresh()).not.toThrow()
    now = new Date(now.getTime() + 31_000)
    expect(() => followed.requireFresh()).toThrow(expect.objectContaining({ code: 'kube.unreachable' }))
    expect(names(followed)).toEqual(['blocks/a'])
  })

  it('does not take "not known yet" for "there is none"', () => {
    expect(() => start().requireFresh()).toThrow(expect.objectContaining({ code: 'service.unavailable' }))
  })

  it('remembers no more than it may, and says so', async () => {
    for (const name of ['a', 'b']) cluster.put(pod(name))
    cluster.watches.push([{ type: 'ADDED', object: pod('c', '100') }])
    const followed = start(2)
    await untilWatches(2)
    expect([names(followed), followed.isTruncated()]).toEqual([['blocks/a', 'blocks/b'], true])
  })

  it('ends with its signal', async () => {
    const followed = start()
    await untilWatches(1)
    stopping[0]?.abort()
    await followed.done
  })
})
