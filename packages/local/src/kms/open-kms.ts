import { randomBytes } from 'node:crypto'
import { openWith, sealWith } from '@gridgate/storage/sealing'
import { AwsError, type AwsService, type JsonObject, unknownOperation } from '../aws/service.ts'
import { readKeyFile } from './key-file.ts'

const dataKeyBytes = 32

/**
 * The embedded KMS: one symmetric key, in a file that only its owner reads. It makes and opens data keys, under an encryption
 * context ("AWS KMS API Reference"); nothing else of KMS is there.
 */
export function openKms({ file, keyArn }: { file: string; keyArn: string }): AwsService {
  let key: Promise<Buffer> | undefined
  const read = (): Promise<Buffer> => {
    key ??= readKeyFile(file).catch((error: unknown) => {
      key = undefined
      throw error
    })
    return key
  }
  const operations: Record<string, (input: JsonObject) => Promise<JsonObject>> = {
    async GenerateDataKey(input) {
      requireKey(input.KeyId, keyArn)
      if (input.KeySpec !== 'AES_256') throw new AwsError('ValidationException', 'only the KeySpec AES_256 is offered')
      const plain = randomBytes(dataKeyBytes)
      const blob = sealWith(await read(), plain, contextOf(input))
      return { KeyId: keyArn, Plaintext: plain.toString('base64'), CiphertextBlob: blob.toString('base64') }
    },
    async Decrypt(input) {
      requireKey(input.KeyId, keyArn)
      const blob = Buffer.from(String(input.CiphertextBlob ?? ''), 'base64')
      const plain = openWith(await read(), blob, contextOf(input))
      if (plain === null) throw new AwsError('InvalidCiphertextException', '')
      return { KeyId: keyArn, Plaintext: plain.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
    },
  }
  return {
    async call(operation, input) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined
      if (!run) throw unknownOperation(operation)
      return run(input)
    },
  }
}

function requireKey(asked: JsonObject[string] | undefined, keyArn: string): void {
  if (asked !== keyArn) throw new AwsError('NotFoundException', `Key '${keyArn}' is the only one here`)
}

const contextOf = ({ EncryptionContext: context }: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries((context ?? {}) as JsonObject).map(([name, value]) => [name, String(value)]))
