import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { startDynamoDb } from '@gridgate/local/dynamodb/start-dynamodb'
import { clusterStore } from '@gridgate/storage/cluster-store'
import { dynamoStore } from '@gridgate/storage/dynamo-store'
import { keys, tableDefinition } from '@gridgate/storage/table'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { temporaryFolder } from '../../e2e/product.ts'
import { sampleCluster, samplePath } from '../sample-cluster.ts'
import { announce } from './announce.ts'

// A handler that makes the very query of the product's read, on a database of its own, and checks nothing.
const TableName = 'bench'
const folder = temporaryFolder()
process.on('exit', () => folder.remove())
const database = await startDynamoDb({ file: `${folder.path}/dynamodb.sqlite`, log: () => {} })
await database.ready
const client = new DynamoDBClient({
  endpoint: database.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
})
await client.send(new CreateTableCommand({ TableName, ...tableDefinition }))
await clusterStore(dynamoStore(client, TableName), { next: () => 'bench' }).create(sampleCluster)
const documents = DynamoDBDocumentClient.from(client)

const app = new Hono()
app.get('/clusters/read/:id', async (context) => {
  const { pk, sk } = keys.cluster(context.req.param('id'))
  const { Items = [] } = await documents.send(
    new QueryCommand({
      TableName,
      ConsistentRead: true,
      KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :low AND :high',
      ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
      ExpressionAttributeValues: { ':pk': pk, ':low': sk, ':high': 'NODE$' },
      Limit: 1001,
    }),
  )
  const [row, ...nodes] = Items
  const json = `${row?.head}${nodes.map((node) => node.json as string).join(',')}${row?.tail}`
  return context.body(`{"success":true,"data":${json}}`, 200, { 'content-type': 'application/json' })
})
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  announce(`http://127.0.0.1:${port}${samplePath}`)
})
