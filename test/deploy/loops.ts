import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readySecondsMax } from '@gridgate/core/infra/check-readiness'
import { removalSecondsMax } from '@gridgate/core/infra/remove-objects'
import { joinSeconds } from '@gridgate/core/node/join-work'
import { drainSeconds } from '@gridgate/core/node/removal-work'
import { type Pace, slowPace, usualPace } from '@gridgate/core/task/keep-waiting'
import { root } from './graph.ts'
import type { Loop } from './history.ts'

/** A number that a file of the core keeps to itself, `name = 20` or `name: 20`. */
function numberIn(file: string, name: string): number {
  const text = readFileSync(join(root, 'packages/core/src', file), 'utf8')
  const found = new RegExp(`\\b${name}\\b(?: =|:) ([\\d_]+)`).exec(text)?.[1]
  if (found === undefined) throw new Error(`${file} has no number ${name}`)
  return Number(found.replaceAll('_', ''))
}

/** Looks at a pace until the time is over, and the one that finds it so; a step takes time too, which only makes them fewer. */
function looks(seconds: number, { first, thenEverySeconds }: Pace = usualPace): number {
  const bands = [...first, { untilSeconds: Number.POSITIVE_INFINITY, everySeconds: thenEverySeconds }]
  const inBands = bands.map(({ untilSeconds, everySeconds }, index) => {
    const from = bands[index - 1]?.untilSeconds ?? 0
    return Math.ceil(Math.max(0, Math.min(seconds, untilSeconds) - from) / everySeconds)
  })
  return inBands.reduce((sum, each) => sum + each) + 1
}

const repair = (name: string): number => numberIn('repair/repair-steps.ts', name)
const action = (name: string): number => numberIn('action/action-steps.ts', name)

/** Two moments come on top: the last at which a minute of being well may begin, and the end of a minute that began early. */
const looksAtRepair = (seconds: number): number => looks(seconds, slowPace) + 2

const removal = {
  through: 'WaitForRemoval',
  roundsMax: looks(removalSecondsMax),
  why: 'RemoveObjects gives them removalSecondsMax',
}

/** Every loop of every workflow with its bound: the step throws, or goes on, once that many rounds are over. */
export const loops: Readonly<Record<string, readonly (Loop & { why: string })[]>> = {
  'create-cluster-infra': [
    {
      through: 'WaitForMetricsDatabase',
      roundsMax: looks(readySecondsMax),
      why: 'CheckMetricsDatabase gives it readySecondsMax',
    },
    { through: 'WaitForServices', roundsMax: looks(readySecondsMax), why: 'CheckServices gives them readySecondsMax' },
    { through: 'WaitForUndo', roundsMax: looks(removalSecondsMax), why: 'UndoObjects gives them removalSecondsMax' },
  ],
  'remove-cluster-infra': [removal],
  'create-executor-infra': [
    { through: 'WaitForExecutor', roundsMax: looks(readySecondsMax), why: 'CheckExecutor gives it readySecondsMax' },
    { through: 'WaitForUndo', roundsMax: looks(removalSecondsMax), why: 'UndoObjects gives them removalSecondsMax' },
  ],
  'remove-executor-infra': [removal],
  'join-node': [
    {
      through: 'WaitForNode',
      roundsMax: looks(joinSeconds.max),
      why: 'AwaitNode gives it timeout_seconds, at most joinSeconds.max',
    },
  ],
  'remove-node': [
    {
      through: 'WaitForPods',
      roundsMax: looks(drainSeconds.max),
      why: 'DrainNode gives them timeout_seconds, at most drainSeconds.max',
    },
  ],
  failover: [
    {
      through: 'WaitForBudget',
      roundsMax: looks(action('evictionSecondsMax')),
      why: 'RestartJobSet gives budgets evictionSecondsMax',
    },
    {
      through: 'WaitForRestart',
      roundsMax: looks(action('restartSecondsMax')),
      why: 'ProveRestarted gives it restartSecondsMax',
    },
    {
      through: 'WaitForDrain',
      roundsMax: looks(repair('drainSecondsMax')),
      why: 'DrainNode gives pods drainSecondsMax',
    },
    {
      through: 'WaitForProvider',
      roundsMax: repair('sendsMax') * looks(repair('reconcileSecondsMax'), slowPace),
      why: 'ReconcileRepair gives each order reconcileSecondsMax; a reboot is never unclear there, a replacement is ordered sendsMax times',
    },
    {
      through: 'WaitForNode',
      roundsMax: looksAtRepair(repair('reboot')) + looksAtRepair(repair('replace')),
      why: 'VerifyRepair gives a reboot and a replacement verifySecondsMax each',
    },
    {
      through: 'RepairNode',
      roundsMax: 1 + repair('sendsMax'),
      why: 'the ladder has two repairs, and what was not done is ordered sendsMax times',
    },
  ],
}
