import { AsyncLocalStorage } from 'node:async_hooks'
import type { Cipher } from '@gridgate/core/infra/cipher'
import type { Json, JsonObject } from '@gridgate/local/aws/service'
import { functionPolicies } from '@gridgate/local/cloud/function-policies'
import { openPrincipals } from '@gridgate/local/iam/principals'
import type { Key, Query, Store, Write } from '@gridgate/storage/store'
import { listIndex } from '@gridgate/storage/table'

const account = { region: 'eu-west-1', accountId: '000000000000' }
const prefix = 'gridgate-'
const TableName = 'gridgate'
const kmsKeyArn = 'arn:aws:kms:eu-west-1:000000000000:key/test'
const principals = openPrincipals({
  ...account,
  owner: { accessKeyId: 'test', secretAccessKey: 'test' },
  policies: functionPolicies({ ...account, partition: 'aws', table: TableName, prefix, kmsKeyArn }),
  usedFile: process.env.GRIDGATE_RIGHTS_FILE,
})
const actor = new AsyncLocalStorage<string>()

/** Does something with the rights of a function, by its name behind the prefix; what nobody acts in is the test's own. */
export const actingAs = <Result>(functionName: string, work: () => Result): Result =>
  actor.run(prefix + functionName, work)

/** @throws {AwsError} AccessDeniedException when who acts may not do it */
function authorize(target: string, body: JsonObject): void {
  const functionName = actor.getStore()
  if (functionName === undefined) return
  const call = { target, path: '/', body: () => body }
  principals.authorize({ functionName, key: principals.keyOf(functionName) }, call)
}

const table = (operation: string, body: JsonObject): void =>
  authorize(`DynamoDB_20120810.${operation}`, { TableName, ...body })

const keyOf = ({ pk, sk }: Key): JsonObject => ({ pk: { S: pk }, sk: { S: sk } })

/** A store in memory for which the rights of functions hold as they do on the table. */
export function guardedStore<Inner extends Store>(inner: Inner): Inner {
  return {
    ...inner,
    async get(key) {
      table('GetItem', { Key: keyOf(key) })
      return inner.get(key)
    },
    async query(query) {
      table('Query', queryInput(query))
      return inner.query(query)
    },
    async write(...writes) {
      const [first] = writes
      if (writes.length === 1 && first && !('check' in first)) table(...writeInput(first))
      else table('TransactWriteItems', { TransactItems: writes.map(partOf) })
      return inner.write(...writes)
    },
    async add(row, amounts) {
      table('UpdateItem', { Key: keyOf(row) })
      return inner.add(row, amounts)
    },
    async writeMany(writes) {
      if (writes.length > 0) table('BatchWriteItem', { RequestItems: { [TableName]: writes.map(batchPartOf) } })
      return inner.writeMany(writes)
    },
  }
}

function queryInput({ from }: Query): JsonObject {
  const [name, value] = 'pk' in from ? ['pk', from.pk] : ['listPk', from.list]
  return {
    ...('pk' in from ? {} : { IndexName: listIndex }),
    KeyConditionExpression: '#pk = :pk',
    ExpressionAttributeNames: { '#pk': name },
    ExpressionAttributeValues: { ':pk': { S: value } },
  }
}

const writeInput = (write: Exclude<Write, { check: Key }>): [string, JsonObject] =>
  'put' in write ? ['PutItem', { Item: keyOf(write.put) }] : ['DeleteItem', { Key: keyOf(write.remove) }]

function partOf(write: Write): Json {
  if ('put' in write) return { Put: { TableName, Item: keyOf(write.put) } }
  if ('remove' in write) return { Delete: { TableName, Key: keyOf(write.remove) } }
  return { ConditionCheck: { TableName, Key: keyOf(write.check) } }
}

const batchPartOf = (write: { put: Key } | { remove: Key }): Json =>
  'put' in write ? { PutRequest: { Item: keyOf(write.put) } } : { DeleteRequest: { Key: keyOf(write.remove) } }

/** A cipher for which the rights on the key hold. */
export const guardedCipher = (inner: Cipher): Cipher => ({
  async seal(plain, context) {
    authorize('TrentService.GenerateDataKey', { KeyId: kmsKeyArn, EncryptionContext: context })
    return inner.seal(plain, context)
  },
  async open(sealed, context) {
    authorize('TrentService.Decrypt', { KeyId: kmsKeyArn, EncryptionContext: context })
    return inner.open(sealed, context)
  },
})
