import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readySecondsMax } from '@gridgate/core/infra/check-readiness'
import { removalSecondsMax } from '@gridgate/core/infra/remove-objects'
import { joinSeconds } from '@gridgate/core/node/join-work'
import { drainSeconds } from '@gridgate/core/node/removal-work'
import { root } from './graph.ts'
import type { Loop } from './history.ts'

/** A number that a file of the core keeps to itself, `name = 20` or `name: 20`. */
function numberIn(file: string, name: string): number {
  const text = readFileSync(join(root, 'packages/core/src', file), 'utf8')
  const found = new RegExp(`\\b${name}\\b(?: =|:) ([\\d_]+)`).exec(text)?.[1]
  if (found === undefined) throw new Error(`${file} has no number ${name}`)
  return Number(found.replaceAll('_', ''))
}

const closeSeconds = numberIn('task/keep-waiting.ts', 'closeSeconds')
const closeLook = numberIn('task/keep-waiting.ts', 'waitSecondsClose')
const farLook = numberIn('task/keep-waiting.ts', 'waitSecondsFar')

/** Looks of `keepWaiting` until its time is over, and the one that finds it so. */
const looks = (seconds: number): number =>
  Math.ceil(Math.min(seconds, closeSeconds) / closeLook) + Math.ceil(Math.max(0, seconds - closeSeconds) / farLook) + 1

const repair = (name: string): number => numberIn('repair/repair-steps.ts', name)
const action = (name: string): number => numberIn('action/action-steps.ts', name)

/** Looks at what takes minutes anyway. */
const slowLooks = (seconds: number): number => Math.ceil(seconds / repair('lookSeconds')) + 1

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
      roundsMax: repair('sendsMax') * slowLooks(repair('reconcileSecondsMax')),
      why: 'ReconcileRepair gives each order reconcileSecondsMax; a reboot is never unclear there, a replacement is ordered sendsMax times',
    },
    {
      through: 'WaitForNode',
      roundsMax: slowLooks(repair('reboot')) + slowLooks(repair('replace')),
      why: 'VerifyRepair gives a reboot and a replacement verifySecondsMax each',
    },
    {
      through: 'RepairNode',
      roundsMax: 1 + repair('sendsMax'),
      why: 'the ladder has two repairs, and what was not done is ordered sendsMax times',
    },
  ],
}
