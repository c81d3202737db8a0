import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsKeys } from './cloud-call.ts'

export interface AwsSigning {
  service: string
  region: string
  keys: AwsKeys
  at: Date
}

/** The headers with which AWS believes a request: signature version 4 over method, path, query, headers and body. */
export async function signAws(
  { service, region, keys, at }: AwsSigning,
  { url, method, headers, body }: { url: URL; method: string; headers: Record<string, string>; body: string },
): Promise<Record<string, string>> {
  const signer = new SignatureV4({ service, region, credentials: keys, sha256: Sha256 })
  const signed = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    },
    { signingDate: at },
  )
  return signed.headers
}

type Data = string | ArrayBuffer | ArrayBufferView

/** The hash in the form that the signer wants. */
class Sha256 {
  private readonly hash: Hash | Hmac

  constructor(secret?: Data) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: Data): void {
    this.hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest()
  }
}

function bytesOf(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
