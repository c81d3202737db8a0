import { GridError } from '@gridgate/core/errors'
import type { Cipher } from '@gridgate/core/infra/cipher'
import type { AwsClient } from '@gridgate/remote/aws/aws-client'
import { openWith, sealWith } from '@gridgate/storage/sealing'
import { z } from 'zod'

/** Time for one call of KMS, in ms: whoever seals or opens has somebody waiting. */
const answerMsMax = 5_000
/** First byte of a sealed text, so that another format can be told apart; the length of the data key's blob follows in two. */
const format = 2
const headBytes = 3

const Bytes = z.base64().transform((text) => Buffer.from(text, 'base64'))
const DataKey = z.object({ Plaintext: Bytes, CiphertextBlob: Bytes })
const Opened = z.object({ Plaintext: Bytes })

/**
 * Seals each text under a data key of its own, which lies beside it encrypted by KMS ("Envelope encryption", AWS KMS Developer
 * Guide). The context is KMS's encryption context, which rights are given by; it is logged there, so it holds no secret.
 */
export function kmsCipher(aws: AwsClient, keyId: string): Cipher {
  const ask = async <Reply>(operation: string, input: Record<string, string | object>, reply: z.ZodType<Reply>) => {
    const call = { service: 'kms', operation, repeatable: true, msMax: answerMsMax, reply } as const
    return aws.call({ ...call, input: { KeyId: keyId, ...input } as never })
  }
  const away = (cause: unknown): GridError =>
    new GridError('service.unavailable', 'the key that secrets are kept under cannot be used', {
      cause,
      retryAfterSeconds: 5,
    })
  return {
    async seal(plain, context) {
      const input = { KeySpec: 'AES_256', EncryptionContext: context }
      const key = await ask('GenerateDataKey', input, DataKey).catch((error: unknown) => {
        throw away(error)
      })
      const head = Buffer.alloc(headBytes)
      head.writeUInt8(format)
      head.writeUInt16BE(key.CiphertextBlob.byteLength, 1)
      return Buffer.concat([head, key.CiphertextBlob, sealWith(key.Plaintext, plain, context)])
    },
    async open(sealed, context) {
      const bytes = Buffer.from(sealed)
      if (bytes.byteLength < headBytes || bytes[0] !== format) return null
      const end = headBytes + bytes.readUInt16BE(1)
      const input = { CiphertextBlob: bytes.subarray(headBytes, end).toString('base64'), EncryptionContext: context }
      try {
        const { Plaintext } = await ask('Decrypt', input, Opened)
        return openWith(Plaintext, bytes.subarray(end), context)
      } catch (error) {
        if (error instanceof Error && notOurs.has(error.name)) return null
        throw away(error)
      }
    },
  }
}

/** What KMS says of a blob that was changed, or encrypted by another key or under another context. */
const notOurs: ReadonlySet<string> = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])
