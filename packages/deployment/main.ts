/// <reference path="../../.sst/platform/config.d.ts" />
import { createApi } from './api.ts'
import { createRules } from './events.ts'
import { internalFunctions, policyFunction } from './function-list.ts'
import { type CreatedFunction, createFunction, type Workshop } from './functions.ts'
import { createKey } from './keys.ts'
import { createAlarms } from './observability.ts'
import { findSite, placeOf } from './place.ts'
import { createPolicyFunction } from './policy.ts'
import { connectQueues, createQueues } from './queues.ts'
import { readStage } from './stage.ts'
import { createStorage } from './storage.ts'
import { createAlarmTopic, createOperatorTopic, subscribeApi } from './topics.ts'
import { createValues } from './values.ts'
import { createWorkflows } from './workflows.ts'

/** Everything that a stage consists of, from the manifests; what differs between stages is `stage.ts`. */
export function createGridgate(stageName: string) {
  const stage = readStage(stageName, process.env)
  const site = findSite()
  const key = createKey(stage, site)
  const table = createStorage(stage)
  const alarmTopic = createAlarmTopic(stage, site)
  const workshop: Workshop = {
    ...{ stage, site, place: placeOf(stage, site, key.arn), bundles: process.env.GRIDGATE_BUNDLES ?? 'dist/functions' },
    values: createValues(stage, { site, kmsKeyArn: key.arn, alarmTopicArn: alarmTopic.arn }),
  }

  const queues = createQueues(stage)
  const policy = createPolicyFunction(workshop)
  const internal = new Map(
    internalFunctions
      .filter(({ name }) => name !== policyFunction)
      .map((row) => [row.name, createFunction(workshop, row)] as const),
  )
  connectQueues(queues, internal)
  createWorkflows(workshop)
  createRules(stage, site, { queues, functions: internal })

  const api = createApi(workshop)
  makeGatewayKey(internal, [table, ...api.parts])
  subscribeApi(alarmTopic, api.url, [table, ...api.parts])
  createAlarms(workshop, createOperatorTopic(stage, site), { api, queues, internal, policy })
  return { url: api.url, table: table.name, alarmTopic: alarmTopic.arn }
}

/**
 * Calls need a key that they are signed with from the first minute; the function makes one only where there is none. Nobody asks
 * it twice, so it comes last: IAM needs some seconds until the rights of a new role are known everywhere.
 */
function makeGatewayKey(internal: ReadonlyMap<string, CreatedFunction>, dependsOn: $util.Resource[]): void {
  const maker = internal.get('internal-make-gateway-key')
  if (!maker) throw new Error('nobody makes the key of the gateway')
  new aws.lambda.Invocation('FirstGatewayKey', { functionName: maker.arn, input: '{}' }, { dependsOn })
}
