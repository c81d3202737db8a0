import type { ContainerProgram } from '../kube/programs.ts'
import type { Node } from '../kube/shapes.ts'
import { serveDatabase } from './serve-database.ts'
import { simulatedSamples } from './simulated-samples.ts'

/** Port that the database's container documents. */
const databasePort = 8428

/**
 * Plays the image of the metrics database in the simulated cluster: it answers what the metrics reader asks, about the
 * simulated nodes, with made-up loads. It holds nothing and scrapes nobody.
 */
export const databaseProgram = (nodes: () => readonly Node[]): ContainerProgram => ({
  async start({ log }) {
    // Whatever the cluster is called: there is one simulated cluster, and one infrastructure on it at a time.
    const served = await serveDatabase((_clusterId, moment) => simulatedSamples(nodes(), moment))
    log('a simulated metrics database: its figures are made up')
    return { ready: () => true, stop: () => served.stop(), ports: { [databasePort]: served.port } }
  },
})
