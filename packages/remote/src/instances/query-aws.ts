import { parseXML } from '@aws-sdk/xml-builder'
import { GridError } from '@gridgate/core/errors'
import { z } from 'zod'
import { throttleCodes } from '../aws/aws-failure.ts'
import {
  type AwsKeys,
  brokenAnswer,
  type CloudCall,
  type CloudParts,
  callCloud,
  refusedBy,
  throttled,
} from './cloud-call.ts'
import { signAws } from './sign-aws.ts'

const versions = { ec2: '2016-11-15', autoscaling: '2011-01-01', sts: '2011-06-15' } as const

export interface AwsQuery<Reply> {
  service: keyof typeof versions
  region: string
  keys: AwsKeys
  action: string
  parameters: Record<string, string>
  /** What the action is for, in words. */
  doing: string
  changes: boolean
  /** What is needed of the reply. */
  reply: z.ZodType<Reply>
  /** The error code that only says that there is no such thing, and the reply that this amounts to. */
  absent?: { code: string; reply: Reply }
}

/** The region becomes part of a host name, and comes from a node's label. */
const regionName = /^[a-z]{2,4}(-[a-z]{2,12}){1,3}-\d{1,2}$/

/** Where a service of AWS answers. @throws {GridError} `provider.unsupported` for what is no region */
export function awsUrl(service: string, region: string): URL {
  if (!regionName.test(region)) throw new GridError('provider.unsupported', 'the region of the node is no AWS region')
  return new URL(`https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`)
}

/** One call of AWS's Query protocol. @throws {GridError} `provider.*` */
export async function queryAws<Reply>(parts: CloudParts, query: AwsQuery<Reply>): Promise<Reply> {
  const call = await callOf(parts, query)
  const { status, bytes } = await callCloud(parts, call)
  const content = readXml(bytes)
  if (status === 200) {
    const reply = query.reply.safeParse(content)
    if (content !== undefined && reply.success) return reply.data
    throw brokenAnswer(call, status)
  }
  const code = errorCode(content)
  if (code !== undefined && code === query.absent?.code) return query.absent.reply
  throw awsFailure(call, status, code)
}

async function callOf(parts: CloudParts, query: AwsQuery<unknown>): Promise<CloudCall> {
  const { service, region, keys, action, parameters, changes } = query
  const url = awsUrl(service, region)
  const body = new URLSearchParams({ Action: action, Version: versions[service], ...parameters }).toString()
  const headers = await signAws(
    { service, region, keys, at: parts.clock.now() },
    { url, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body },
  )
  return { url, method: 'POST', headers, body, doing: `${action} for ${query.doing}`, changes }
}

/** Codes that AWS answers instead of doing anything, whatever the status; 503 is among theirs. */
const throttles: ReadonlySet<string | undefined> = new Set([...throttleCodes, 'ScalingActivityInProgress'])

const refusals: Readonly<Record<string, string>> = {
  UnauthorizedOperation: 'the role lacks a right',
  AccessDenied: 'the role lacks a right, or may not be taken on',
  AccessDeniedException: 'the role lacks a right',
  AuthFailure: 'the credentials are not accepted',
  ExpiredToken: 'the credentials have expired',
  InvalidClientTokenId: 'the credentials are not accepted',
  OptInRequired: 'the region is not enabled for the account',
  SignatureDoesNotMatch: 'the signature is not accepted',
  RequestExpired: 'the clock of the gateway is wrong',
  IncorrectInstanceState: 'the state of the instance does not allow it',
  InstanceLimitExceeded: 'the quota is used up',
  VcpuLimitExceeded: 'the quota is used up',
  'InvalidInstanceID.NotFound': 'there is no such instance',
  ValidationError: 'AWS finds the request invalid',
}

/** What an error of AWS means for what was asked. */
export function awsFailure(call: CloudCall, status: number, code: string | undefined): GridError {
  if (throttles.has(code) || status === 429) return throttled(call)
  if (status >= 400 && status < 500) return refusedBy(call, refusals[code ?? ''] ?? `AWS refuses with ${status}`)
  return brokenAnswer(call, status)
}

/** EC2 nests its errors one level deeper than the others. */
const Failed = z.object({ Error: z.object({ Code: z.string() }) })
const Problem = z.union([
  z.object({ ErrorResponse: Failed }).transform((reply) => reply.ErrorResponse.Error.Code),
  z.object({ Response: z.object({ Errors: Failed }) }).transform((reply) => reply.Response.Errors.Error.Code),
])
const errorCode = (reply: unknown): string | undefined => Problem.safeParse(reply).data

function readXml(bytes: Uint8Array): unknown {
  try {
    return parseXML(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}

/** A list in XML: absent, empty, one element, or several. */
export const xmlList = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) => (value === undefined || value === '' ? [] : Array.isArray(value) ? value : [value]),
    z.array(item),
  )
