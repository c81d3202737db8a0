import { GridError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Needs, TrialPort } from '../ports.ts'
import type { ContextStore } from './context-store.ts'
import { askCluster, askNetwork, type PreCheck } from './pre-check.ts'

/** What a level's policy would say. */
export type LevelAnswer = { allowed: true; input: JsonObject } | { allowed: false; reason: string }

/** What the policies would say to an action; the cluster's is not asked once the network's denies. */
export interface PreCheckAnswer {
  network: LevelAnswer
  cluster: LevelAnswer | null
}

/** The ports of a trial: nothing is written, so no decision either. */
export type TrialPorts = Needs<TrialPort>

/**
 * Asks the policies as `preCheck` does, for somebody who only wants to know: a denial is an answer, no context is saved and no
 * decision recorded.
 * @throws {GridError} the `policy.*` codes where no verdict was to be had
 */
export async function tryPreCheck(ports: TrialPorts, check: PreCheck): Promise<PreCheckAnswer> {
  const { policyMaps, policies, policyContexts, engine, clock, ids, log } = ports
  const unchanged: ContextStore = { read: (scope) => policyContexts.read(scope), replace: async () => true }
  const decisions = {
    append: async () => {},
    find: async () => null,
    list: async () => ({ items: [], nextCursor: null }),
  }
  const trial = { policyMaps, policies, engine, clock, ids, log, policyContexts: unchanged, decisions }
  const network = await answerOf(askNetwork(trial, check))
  if (!network.allowed) return { network, cluster: null }
  return { network, cluster: await answerOf(askCluster(trial, { ...check, input: network.input })) }
}

async function answerOf(asked: Promise<JsonObject>): Promise<LevelAnswer> {
  try {
    return { allowed: true, input: await asked }
  } catch (error) {
    if (error instanceof GridError && error.code === 'pre_check.denied')
      return { allowed: false, reason: error.message }
    throw error
  }
}
