/// <reference path="../../.sst/platform/config.d.ts" />
import { type Site, tableName } from './place.ts'
import type { Stage } from './stage.ts'

/** Secrets of one's own, set by `npx sst secret set <name> <value>`; none of them must be. */
const secrets = {
  GRIDGATE_WEBHOOK_SECRET: 'WebhookSecret',
  GRIDGATE_REDFISH_LOGIN: 'RedfishLogin',
  GRIDGATE_REPAIR_WEBHOOK_SECRET: 'RepairWebhookSecret',
  GRIDGATE_NOTIFY_SECRET: 'NotifySecret',
}

interface Parts {
  site: Site
  kmsKeyArn: $util.Output<string>
  alarmTopicArn: $util.Output<string>
}

/** What functions are told, by variable; `''` for what nobody set. */
export function createValues(
  stage: Stage,
  { site, kmsKeyArn, alarmTopicArn }: Parts,
): Record<string, $util.Input<string>> {
  const topics = stage.variables.get('GRIDGATE_SNS_TOPICS') ?? ''
  const sources = stage.variables.get('GRIDGATE_EVENTBRIDGE_SOURCES') ?? ''
  const kept = Object.entries(secrets).map(([variable, name]) => [variable, new sst.Secret(name, '').value] as const)
  return {
    ...Object.fromEntries(stage.variables),
    ...Object.fromEntries(kept),
    GRIDGATE_TABLE: tableName(stage),
    GRIDGATE_PREFIX: stage.prefix,
    GRIDGATE_ACCOUNT: site.accountId,
    GRIDGATE_KMS_KEY: kmsKeyArn,
    GRIDGATE_SNS_TOPICS: alarmTopicArn.apply((arn) => [arn, ...(topics === '' ? [] : [topics])].join(',')),
    // The rule takes alarms of this account's bus, and an empty list would believe those of every account.
    GRIDGATE_EVENTBRIDGE_SOURCES: sources === '' ? site.accountId : sources,
  }
}
