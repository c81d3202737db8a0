import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb'

const batchMax = 25

/** Removes every row, as the owner of the account. A network of tests is one page of a scan. */
export async function emptyTable(table: string): Promise<void> {
  const db = DynamoDBDocumentClient.from(new DynamoDBClient({}))
  const { Items = [] } = await db.send(new ScanCommand({ TableName: table, ConsistentRead: true }))
  for (let at = 0; at < Items.length; at += batchMax) {
    const removals = Items.slice(at, at + batchMax).map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }))
    await db.send(new BatchWriteCommand({ RequestItems: { [table]: removals } }))
  }
  db.destroy()
}
