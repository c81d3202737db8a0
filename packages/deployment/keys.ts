/// <reference path="../../.sst/platform/config.d.ts" />
import type { Site } from './place.ts'
import type { Stage } from './stage.ts'

/** What the account's administrators do with the key; using it is not among it. */
const administration = [
  ...['Describe*', 'Get*', 'List*', 'Enable*', 'Disable*', 'Put*', 'Update*', 'Create*', 'Revoke*'],
  ...['TagResource', 'UntagResource', 'DeleteAlias', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'RotateKeyOnDemand'],
].map((action) => `kms:${action}`)

/** A deleted key takes what it encrypted with it, so there is as long to change one's mind as AWS allows, in days. */
const deletionDays = 30

/** The one key, for kubeconfigs, the gateway's own keys and webhook secrets; `alias/gridgate-<stage>`. */
export function createKey(stage: Stage, site: Site): aws.kms.Key {
  const key = new aws.kms.Key(
    'Key',
    {
      description: `secrets of ${stage.prefix.slice(0, -1)}`,
      enableKeyRotation: true,
      deletionWindowInDays: deletionDays,
      policy: $resolve(site).apply(({ partition, accountId }) =>
        JSON.stringify(keyPolicy(stage, partition, accountId)),
      ),
    },
    { protect: stage.isProduction, retainOnDelete: stage.isProduction },
  )
  new aws.kms.Alias('KeyAlias', { name: `alias/${stage.prefix.slice(0, -1)}`, targetKeyId: key.keyId })
  return key
}

/** Administrators do not use the key, and of the stage's roles those may whose own policy says for which purpose. */
function keyPolicy(stage: Stage, partition: string, accountId: string): object {
  const account = { AWS: `arn:${partition}:iam::${accountId}:root` }
  const roles = `arn:${partition}:iam::${accountId}:role/${stage.prefix}*`
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Administration', Effect: 'Allow', Principal: account, Action: administration, Resource: '*' },
      {
        Sid: 'UseByFunctions',
        Effect: 'Allow',
        Principal: account,
        Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
        Resource: '*',
        Condition: { ArnLike: { 'aws:PrincipalArn': roles }, Null: { 'kms:EncryptionContext:purpose': 'false' } },
      },
    ],
  }
}
