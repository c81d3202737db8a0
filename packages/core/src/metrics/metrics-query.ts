import { z } from 'zod'

/** Longest query, in characters. */
const queryCharactersMax = 4096

/** A question to a cluster's metrics database. */
export const MetricsQuery = z.object({
  query: z.string().min(1).max(queryCharactersMax).describe('PromQL or MetricsQL'),
  at: z
    .union([z.string().max(64), z.number()])
    .optional()
    .describe('The moment, RFC 3339 or Unix seconds; now unless said otherwise'),
  range: z.string().max(16).optional().describe('The time before it, for example 1h: the answer is a matrix'),
  step: z.string().max(16).optional().describe('One point for each, for example 30s'),
})
export type MetricsQuery = z.infer<typeof MetricsQuery>

const Point = z.tuple([z.number(), z.string()])
const metric = z.record(z.string(), z.string())

/** The answer, as Prometheus gives it. */
export const MetricsResult = z.union([
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric, value: Point })) }),
  z.object({ resultType: z.literal('matrix'), result: z.array(z.object({ metric, values: z.array(Point) })) }),
])
export type MetricsResult = z.infer<typeof MetricsResult>
