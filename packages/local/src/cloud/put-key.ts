import type { Json } from '@gridgate/core/json'
import { openAwsClient } from '@gridgate/remote/aws/aws-client'
import { z } from 'zod'
import { externalEndpoint } from './services.ts'
import { localKmsKey } from './start-cloud.ts'

/** Time for one call, in milliseconds: an emulator may load its KMS only now, on a busy machine. */
const answerMsMax = 60_000
/** An emulator takes any key, so the user may give none. AWS itself says that it does not know this one. */
const standIn = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' }
const Key = z.object({ KeyMetadata: z.object({ Arn: z.string() }) })

/** The key that secrets are kept under: the embedded one, or that of our alias in the KMS which the user brings along, made once. */
export async function putKey(place: { region: string; accountId: string; prefix: string }): Promise<string> {
  if (externalEndpoint('KMS', process.env) === null) return localKmsKey(place)
  const clock = { now: () => new Date() }
  const aws = openAwsClient({ region: place.region, clock, environment: { ...standIn, ...process.env } })
  const ask = <Reply>(operation: string, input: Record<string, Json>, reply: z.ZodType<Reply>): Promise<Reply> =>
    aws.call({ service: 'kms', operation, input, reply, repeatable: false, msMax: answerMsMax })
  const alias = `alias/${place.prefix.replace(/-$/, '')}`
  try {
    return (await ask('DescribeKey', { KeyId: alias }, Key)).KeyMetadata.Arn
  } catch (error) {
    if (!(error instanceof Error && error.name === 'NotFoundException')) throw error
  }
  const { Arn } = (await ask('CreateKey', { Description: 'secrets of Gridgate' }, Key)).KeyMetadata
  await ask('CreateAlias', { AliasName: alias, TargetKeyId: Arn }, z.unknown())
  return Arn
}
