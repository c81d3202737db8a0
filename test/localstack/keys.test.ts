import { putKey } from '@gridgate/local/cloud/put-key'
import { openAwsClient } from '@gridgate/remote/aws/aws-client'
import { kmsCipher } from '@gridgate/runtime/kms-cipher'
import { expect, it } from 'vitest'
import { describeCipherContract } from '../../packages/local/contract/cipher-contract.ts'

const place = { region: 'us-east-1', accountId: '000000000000', prefix: 'keys-' }
const aws = openAwsClient({ region: place.region, clock: { now: () => new Date() }, environment: process.env })

describeCipherContract("LocalStack's KMS", async () => kmsCipher(aws, await putKey(place)))

it('has one key for one deployment, however often it starts', async () => {
  const key = await putKey(place)
  expect(key).toMatch(/^arn:aws:kms:us-east-1:000000000000:key\/[\w-]{36}$/)
  expect(await putKey(place)).toBe(key)
  const other = await putKey({ ...place, prefix: 'keys-other-' })
  expect(other).not.toBe(key)
  const sealed = await kmsCipher(aws, other).seal(Buffer.from('x'), { purpose: 'kubeconfig' })
  expect(await kmsCipher(aws, key).open(sealed, { purpose: 'kubeconfig' })).toBeNull()
})
