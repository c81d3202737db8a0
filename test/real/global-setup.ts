import { basename } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startControlPlane } from './control-plane/start-control-plane.ts'
import { findPrograms } from './programs/find-programs.ts'
import type { RealCluster } from './real-cluster.ts'

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Brings one real control plane for all tests of the run, and takes it away again. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const programs = await findPrograms(say)
  const begun = performance.now()
  const { stop, ...plane } = await startControlPlane(programs)
  say(
    `a control plane of ${basename(programs)} answers at ${plane.url} after ${Math.round(performance.now() - begun)} ms`,
  )
  if (!plane.hasControllers) say('it has no controllers: tests that need pods are skipped')
  const cluster: RealCluster = plane
  project.provide('cluster', cluster)
  return stop
}
