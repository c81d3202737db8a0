import type { Needs } from '@gridgate/core/ports'
import { readTask } from '@gridgate/core/task/read-task'
import { isFinished, TaskId } from '@gridgate/core/task/task'
import { type TaskNews, watchTask } from '@gridgate/core/task/watch-task'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** Longest reply, in seconds; `EventSource` then asks again (spec/decisions.md 24). */
const waitSecondsMax = 25
/** How soon a client asks again after the end of a reply, in ms. */
const retryMs = 1000

/**
 * GET /tasks/{task_id}/events: server-sent events, one for each state of the task that the client has not seen (its
 * `Last-Event-ID` is a version). The reply ends with the task or with its time. A client that has seen the end gets 204,
 * at which `EventSource` stops asking.
 */
export const followTask = endpoint(
  get('/tasks/{task_id}/events', {
    summary: 'Watch a task as server-sent events',
    access: 'viewer',
    params: z.object({ task_id: TaskId }),
    query: z.object({ wait: z.coerce.number().int().min(0).max(waitSecondsMax).default(waitSecondsMax) }),
    returns: z.string(),
    envelope: false,
    mediaType: 'text/event-stream',
    errors: ['task.not_found'],
  }),
  async (ports: Needs<'tasks' | 'clock'>, { params, query, caller, header }) => {
    const seen = versionOf(header('last-event-id'))
    const { task, version } = await readTask(ports, params.task_id, caller)
    if (isFinished(task) && version <= seen) return new Response(null, { status: 204 })
    const watch = { id: params.task_id, caller, seen, waitMs: query.wait * 1000, pause }
    return new Response(ReadableStream.from(render(watchTask(ports, watch))), {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    })
  },
)

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Anything that is not a version of ours counts as nothing seen. */
const versionOf = (lastEventId: string | null): number =>
  lastEventId !== null && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : 0

async function* render(news: AsyncIterable<TaskNews>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(`retry: ${retryMs}\n\n`)
  for await (const { version, task } of news)
    yield encoder.encode(`id: ${version}\nevent: task\ndata: ${JSON.stringify(task)}\n\n`)
}

export const handler = lambda(followTask)
