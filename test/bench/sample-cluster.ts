import { readFileSync } from 'node:fs'
import { Cluster } from '@gridgate/core/cluster/cluster'

const file = new URL('../../packages/local/src/tour/cluster-west-vision-001.json', import.meta.url)

/** The cluster that every server of the bench serves: the one of the tour. */
export const sampleCluster: Cluster = Cluster.parse(JSON.parse(readFileSync(file, 'utf8')))

/** Where it is read. */
export const samplePath = `/clusters/read/${sampleCluster.id}`
