import { parseXML } from '@aws-sdk/xml-builder'
import { signAws } from '@gridgate/remote/instances/sign-aws'

const versions = { sns: '2010-03-31', monitoring: '2010-08-01' } as const

/** One call of a service that the product has no client for, by AWS's Query protocol. @returns the result, as XML has it */
export async function query(
  service: keyof typeof versions,
  action: string,
  parameters: Record<string, string>,
): Promise<Record<string, unknown>> {
  const url = new URL(process.env.AWS_ENDPOINT_URL ?? '')
  const keys = { accessKeyId: 'test', secretAccessKey: 'test' }
  const body = new URLSearchParams({ Action: action, Version: versions[service], ...parameters }).toString()
  const headers = await signAws(
    { service, region: 'us-east-1', keys, at: new Date() },
    { url, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body },
  )
  const reply = await fetch(url, { method: 'POST', headers, body })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${action} is refused with ${reply.status}: ${text}`)
  const content = parseXML(text) as Record<string, Record<string, unknown>>
  return (content[`${action}Response`]?.[`${action}Result`] ?? {}) as Record<string, unknown>
}
