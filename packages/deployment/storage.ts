/// <reference path="../../.sst/platform/config.d.ts" />

/** The one table; its keys and index are those of packages/storage/src/table.ts. */
export function createStorage() {
  const table = new sst.aws.Dynamo('Table', {
    fields: { pk: 'string', sk: 'string', listPk: 'string', listSk: 'string' },
    primaryIndex: { hashKey: 'pk', rangeKey: 'sk' },
    globalIndexes: { lists: { hashKey: 'listPk', rangeKey: 'listSk' } },
    ttl: 'ttl',
  })
  return { table }
}
