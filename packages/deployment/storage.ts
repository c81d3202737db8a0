/// <reference path="../../.sst/platform/config.d.ts" />
import { tableDefinition, ttlAttribute } from '@gridgate/storage/table'
import { tableName } from './place.ts'
import type { Stage } from './stage.ts'

/** The one table; its keys and its index are those of packages/storage/src/table.ts. */
export function createStorage(stage: Stage): aws.dynamodb.Table {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = tableDefinition
  return new aws.dynamodb.Table(
    'Table',
    {
      name: tableName(stage),
      billingMode: BillingMode,
      attributes: AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
        name: AttributeName,
        type: AttributeType,
      })),
      ...keysOf(KeySchema),
      globalSecondaryIndexes: GlobalSecondaryIndexes.map(({ IndexName, KeySchema: keys, Projection }) => ({
        ...{ name: IndexName, projectionType: Projection.ProjectionType },
        ...keysOf(keys),
      })),
      ttl: { attributeName: ttlAttribute, enabled: true },
      pointInTimeRecovery: { enabled: stage.isProduction },
      deletionProtectionEnabled: stage.isProduction,
      // AWS's key for DynamoDB: a key of ours would ask each function for rights on it at every row. Secrets are under ours.
      serverSideEncryption: { enabled: true },
    },
    { protect: stage.isProduction, retainOnDelete: stage.isProduction },
  )
}

const keysOf = ([hash, range]:
  | readonly [{ AttributeName: string }, { AttributeName: string }]
  | readonly { AttributeName: string }[]) => ({
  hashKey: hash?.AttributeName ?? '',
  rangeKey: range?.AttributeName ?? '',
})
