import type { Needs } from '../ports.ts'
import { keepWaiting, waitedSeconds } from '../task/keep-waiting.ts'
import { taskStep } from '../task/task-step.ts'
import type { InfraPart } from './infra-builder.ts'
import { type InfraWork, openTarget } from './infra-work.ts'

/** How long parts may take to become ready, in seconds (spec/infra.md §2). */
export const readySecondsMax = 300

/** Waiting for so long is nothing special, in seconds; after it, the reason is looked for. */
const patientSeconds = 8

type ReadinessStep = (
  ports: Needs<'tasks' | 'kubeconfigs' | 'infra' | 'clock' | 'log'>,
  work: InfraWork,
) => Promise<InfraWork>

/**
 * A step that asks once whether parts are ready. The definition asks again until they are; the time counts from the first
 * question of the task. @throws {GridError} `infra.not_ready` with what is waited for, once the time is over
 */
const check =
  (name: string, parts: readonly InfraPart[]): ReadinessStep =>
  (ports, work) =>
    taskStep(ports, work, name, async (stored) => {
      const waited = waitedSeconds(stored.task, name, ports.clock.now())
      const target = await openTarget(ports, work, stored)
      const { ready, reason } = await ports.infra.readiness(target, parts, waited >= patientSeconds)
      if (ready) return { detail: reason, state: { isReady: true } }
      return keepWaiting({ waited, secondsMax: readySecondsMax, code: 'infra.not_ready', missing: 'not ready' }, reason)
    })

export const checkMetricsDatabase = check('CheckMetricsDatabase', ['metrics-database'])
export const checkServices = check('CheckServices', ['metrics-writer', 'collector', 'controller', 'exposure'])
