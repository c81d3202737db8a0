import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'

/** Upper bounds of the latency classes, in seconds. */
const bounds = [0.005, 0.025, 0.1, 0.5, 2.5, 10] as const

/** One method, route and status. Routes are templates, so there are few. */
interface Series {
  labels: string
  count: number
  seconds: number
  /** Requests within each bound. */
  within: number[]
}

/** Counts of this process since it started. */
export interface Measurements {
  /** Counts what passes. */
  readonly middleware: MiddlewareHandler
  /** What was counted, in Prometheus' text exposition format (version 0.0.4). */
  text(): string
}

/** A number that is read when it is asked for; nothing is written where it is null. */
export interface Gauge {
  name: string
  help: string
  read: () => number | null
}

export function measurements(gauges: readonly Gauge[]): Measurements {
  const series = new Map<string, Series>()
  return {
    async middleware(context, next) {
      const begun = performance.now()
      await next()
      const path = routePath(context)
      // What no endpoint takes is one series, whatever was asked for.
      const [method, route] = path.endsWith('*') ? ['other', 'other'] : [context.req.method, path]
      count(series, { method, route, status: context.res.status }, (performance.now() - begun) / 1000)
    },
    text: () => [...gauges.flatMap(gaugeLines), ...seriesLines([...series.values()]), ''].join('\n'),
  }
}

function count(
  series: Map<string, Series>,
  { method, route, status }: { method: string; route: string; status: number },
  seconds: number,
): void {
  const labels = `method="${method}",route="${route.replaceAll(/:(\w+)/g, '{$1}')}",status="${status}"`
  const one = series.get(labels) ?? { labels, count: 0, seconds: 0, within: bounds.map(() => 0) }
  one.count += 1
  one.seconds += seconds
  for (const [index, bound] of bounds.entries()) if (seconds <= bound) one.within[index] = (one.within[index] ?? 0) + 1
  series.set(labels, one)
}

const requests = 'gridgate_controller_request_seconds'

function seriesLines(all: readonly Series[]): string[] {
  return [
    `# HELP ${requests} Requests answered, by route and status, and the time they took.`,
    `# TYPE ${requests} histogram`,
    ...all.flatMap(({ labels, count, seconds, within }) => [
      ...bounds.map((bound, index) => `${requests}_bucket{${labels},le="${bound}"} ${within[index]}`),
      `${requests}_bucket{${labels},le="+Inf"} ${count}`,
      `${requests}_sum{${labels}} ${seconds}`,
      `${requests}_count{${labels}} ${count}`,
    ]),
  ]
}

function gaugeLines({ name, help, read }: Gauge): string[] {
  const value = read()
  return value === null ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`]
}
