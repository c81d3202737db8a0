import { alternate, type Round, ratios, startServer } from './load.ts'
import { claim, type Section } from './section.ts'

const rounds = 5

/** What the edge itself costs: key, parsing, routing and reply, over a store in memory. */
export const requests: Section = {
  name: 'requests',
  about:
    'GET /clusters/read/{cluster_id} with every check and a store in memory, beside bare servers with the same JSON',
  async run() {
    const servers = await Promise.all([
      startServer('gridgate', 'gateway'),
      startServer('hono', 'hono'),
      startServer('express', 'express'),
    ])
    try {
      const found = await alternate(
        servers.map(({ target }) => target),
        rounds,
      )
      const rates = (name: string): number[] => (found.get(name) ?? []).map((round: Round) => round.requestsPerSecond)
      const ours = rates('gridgate')
      return [
        ...['gridgate', 'hono', 'express'].map((name) => claim(`${name}, in memory`, 'requests/s', rates(name))),
        claim('gridgate by bare hono', 'ratio', ratios(ours, rates('hono')), { atLeast: 0.45 }),
        claim('gridgate by bare express', 'ratio', ratios(ours, rates('express')), { atLeast: 0.8 }),
      ]
    } finally {
      await Promise.all(servers.map((server) => server.stop()))
    }
  },
}
