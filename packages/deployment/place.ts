/// <reference path="../../.sst/platform/config.d.ts" />
import type { Place } from '@gridgate/runtime/rights'
import type { Stage } from './stage.ts'

/** Where the stage is put: what stands in its ARNs. The key is known once it is there. */
export interface Site {
  partition: $util.Output<string>
  region: $util.Output<string>
  accountId: $util.Output<string>
}

export const findSite = (): Site => ({
  partition: aws.getPartitionOutput().partition,
  region: aws.getRegionOutput().region,
  accountId: aws.getCallerIdentityOutput().accountId,
})

/** Name of the one table. */
export const tableName = (stage: Stage): string => `${stage.prefix}table`

export const placeOf = (stage: Stage, site: Site, kmsKeyArn: $util.Input<string>): $util.Output<Place> =>
  $resolve({ ...site, kmsKeyArn }).apply((found) => ({ ...found, prefix: stage.prefix, table: tableName(stage) }))
