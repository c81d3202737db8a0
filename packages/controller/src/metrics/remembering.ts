import type { MetricsDatabase, Sample } from './database.ts'

/** Answers that are kept; the largest, of 500 nodes, has 25,000 samples. */
const answersMax = 24

/**
 * A database whose last answers about a moment are kept, so that many who look at the same dashboard, and the pages of one
 * list, ask it once. A question under way is not asked again either; a failure is not kept.
 */
export function remembering(database: MetricsDatabase): MetricsDatabase {
  const kept = new Map<string, Promise<Sample[]>>()
  return {
    over: (query, range) => database.over(query, range),
    at(query, moment) {
      const name = `${moment.getTime()} ${query}`
      const known = kept.get(name)
      if (known) return known
      const answer = database.at(query, moment)
      kept.set(name, answer)
      answer.catch(() => kept.delete(name))
      for (const oldest of kept.keys()) {
        if (kept.size <= answersMax) break
        kept.delete(oldest)
      }
      return answer
    },
  }
}
