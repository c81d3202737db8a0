import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { openAwsClient } from '@gridgate/remote/aws/aws-client'
import { openWith } from '@gridgate/storage/sealing'
import { keys } from '@gridgate/storage/table'
import { z } from 'zod'

const table = 'gridgate'
/** Time for one answer of KMS, in milliseconds. */
const answerMsMax = 30_000
/** Bytes of a sealed text before its data key; the last two are the length of this. */
const headBytes = 3

type Context = Readonly<Record<string, string>>

/** A secret as the product has written it, with the context that its reader names. */
export interface Sealed {
  bytes: Buffer
  context: Context
}

const Told = z.object({ KeyId: z.string(), Plaintext: z.base64().transform((text) => Buffer.from(text, 'base64')) })
const Described = z.object({ KeyMetadata: z.object({ Arn: z.string() }) })

const aws = openAwsClient({ region: 'us-east-1', clock: { now: () => new Date() }, environment: process.env })
const kms = { service: 'kms', repeatable: true, msMax: answerMsMax } as const

/** The key behind the alias that the product has made. */
export async function keyOfProduct(): Promise<string> {
  const input = { KeyId: 'alias/gridgate' }
  return (await aws.call({ ...kms, operation: 'DescribeKey', input, reply: Described })).KeyMetadata.Arn
}

/** Opens a secret by nothing but KMS, under a context. @throws {AwsFailure} named by the code of KMS */
export async function openByKms(
  { bytes }: Sealed,
  context: Context,
): Promise<{ key: string; text: string | undefined }> {
  const end = headBytes + bytes.readUInt16BE(1)
  const input = { CiphertextBlob: bytes.subarray(headBytes, end).toString('base64'), EncryptionContext: context }
  const { KeyId: key, Plaintext } = await aws.call({ ...kms, operation: 'Decrypt', input, reply: Told })
  return { key, text: openWith(Plaintext, bytes.subarray(end), context)?.toString('utf8') }
}

/** The gateway's first signing key. */
export const sealedGatewayKey = (): Promise<Sealed> =>
  withTable(async (db) => {
    const { Item } = await db.send(new GetCommand({ TableName: table, Key: keys.gatewayKeys() }))
    const [first] = JSON.parse(String(Item?.json)) as { publicKey: { kid: string }; sealed: string }[]
    if (!first) throw new Error('the gateway has no key')
    const context = { purpose: 'gateway-key', kid: first.publicKey.kid }
    return { bytes: Buffer.from(first.sealed, 'base64'), context }
  })

/** The kubeconfig that is held at the moment, where there is one; without cluster and task in its context. */
export const sealedKubeconfig = (): Promise<Sealed | undefined> =>
  withTable(async (db) => {
    const { pk: beginning, sk } = keys.kubeconfig('')
    const command = new ScanCommand({
      ...{ TableName: table, ConsistentRead: true, FilterExpression: 'begins_with(pk, :beginning) AND sk = :sk' },
      ExpressionAttributeValues: { ':beginning': beginning, ':sk': sk },
    })
    const [item] = (await db.send(command)).Items ?? []
    if (!item) return undefined
    const context = { purpose: 'kubeconfig', reference: String(item.pk).slice(beginning.length) }
    return { bytes: Buffer.from(item.sealed as Uint8Array), context }
  })

async function withTable<Found>(look: (db: DynamoDBDocumentClient) => Promise<Found>): Promise<Found> {
  const client = new DynamoDBClient({})
  try {
    return await look(DynamoDBDocumentClient.from(client))
  } finally {
    client.destroy()
  }
}
