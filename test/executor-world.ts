import type { Caller } from '@gridgate/core/caller'
import { NewExecutor, toExecutor } from '@gridgate/core/executor/executor'
import type { ExecutorClient } from '@gridgate/core/executor/executor-client'
import type { StoredExecutor } from '@gridgate/core/executor/executor-store'
import { switchedEngine } from '@gridgate/core/executor/switched-engine'
import type { Evaluation, EvaluationRequest, PolicyEngine } from '@gridgate/core/policy/engine'
import { scriptedEngine } from './scripted-engine.ts'
import { admin, type World, world } from './world.ts'

/** A world with executors: policies run where the switches say, and both places know those of `scripted`. */
export interface ExecutorWorld extends World {
  /** What executors were asked, in order. */
  asked: { executorId: string; request: EvaluationRequest }[]
  /** Makes every executor answer so; null lets them run policies again. */
  answer: (evaluation: Evaluation | null) => void
}

export function executorWorld(caller: Caller = admin): ExecutorWorld {
  const local = scriptedEngine()
  const asked: ExecutorWorld['asked'] = []
  let answer: Evaluation | null = null
  const executorClient: ExecutorClient = {
    requireCallable: () => undefined,
    async evaluate(executor, request) {
      asked.push({ executorId: executor.executor_id, request })
      return answer ?? local.evaluate(request)
    },
  }
  const engine: PolicyEngine = {
    evaluate: (request) => switched().evaluate(request),
    manage: (request) => switched().manage(request),
    inspect: (code) => switched().inspect(code),
  }
  const w = world({ executorClient, engine }, caller)
  const switched = (): PolicyEngine => switchedEngine(w.ports, local)
  return {
    ...w,
    asked,
    answer(evaluation) {
      answer = evaluation
    },
  }
}

/** Registers an executor. */
export const addExecutorTo = (
  { ports }: Pick<World, 'ports'>,
  id = 'executor-001',
  more: Record<string, unknown> = { executor_host_uri: 'http://198.51.100.7:30900' },
): Promise<StoredExecutor> => ports.executors.create(toExecutor({}, NewExecutor.parse({ executor_id: id, ...more })))
