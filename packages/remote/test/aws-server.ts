import type { Clock } from '@gridgate/core/ports'
import { checkSignature } from './aws-signature.ts'
import { type CloudReply, type CloudRequest, type LocalCloud, localCloud, type Mishap, ownKeys } from './local-cloud.ts'

export interface FakeInstance {
  owner: string
  state: string
  group: string | null
  lifecycle?: string
  tags: Map<string, string>
  reboots: number
}

/** EC2, Auto Scaling and STS as far as repair needs them. Every signature is checked, also against the name that was called. */
export interface AwsServer extends LocalCloud {
  instances: Map<string, FakeInstance>
  calls: { service: string; region: string; action: string; session: string; parameters: Record<string, string> }[]
  /** What goes wrong with an action, each time. */
  mishaps: Map<string, Mishap>
}

const ok = (text: string): CloudReply => ({ status: 200, type: 'text/xml', text: `<?xml version="1.0"?>\n${text}` })
const errorOf = (service: string, code: string): CloudReply => {
  const error = `<Error><Code>${code}</Code><Message>secret words of the provider</Message></Error>`
  const text =
    service === 'ec2'
      ? `<Response><Errors>${error}</Errors></Response>`
      : `<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>`
  return { status: code === 'RequestLimitExceeded' ? 503 : 400, type: 'text/xml', text }
}

export async function awsServer(clock: Clock): Promise<AwsServer> {
  const instances: AwsServer['instances'] = new Map()
  const calls: AwsServer['calls'] = []
  const mishaps: AwsServer['mishaps'] = new Map()
  const sessions = new Map<string, { secret: string; token: string; name: string }>()

  async function answer(request: CloudRequest): Promise<CloudReply> {
    const parameters = parametersOf(request)
    const action = String(request.headers['x-amz-target'] ?? parameters.Action)
    const [service = '', region = ''] = request.host.replace(/^api\./, '').split('.')
    const secretOf = (key: string): string | undefined =>
      key === ownKeys.accessKeyId ? ownKeys.secretAccessKey : sessions.get(key)?.secret
    const signed = checkSignature(request, secretOf)
    if ('wrong' in signed || signed.region !== region || signed.service !== service)
      return errorOf(service, 'SignatureDoesNotMatch')
    const isOwn = signed.accessKey === ownKeys.accessKeyId
    const session = sessions.get(signed.accessKey)
    const token = isOwn ? ownKeys.sessionToken : session?.token
    if (request.headers['x-amz-security-token'] !== token) return errorOf(service, 'InvalidClientTokenId')
    if (isOwn !== (service === 'sts')) return errorOf(service, 'UnauthorizedOperation')
    calls.push({ service, region, action, session: session?.name ?? '', parameters })

    const mishap = mishaps.get(action)
    if (service === 'sagemaker') return { ...nodesReplaced(parameters.NodeIds ?? '', mishap), mishap }
    if (typeof mishap === 'object') return errorOf(service, mishap.refuse)
    return { ...run(action, parameters), mishap }
  }

  function run(action: string, parameters: Record<string, string>): CloudReply {
    if (action === 'AssumeRole') return assume(parameters)
    const id =
      parameters['InstanceId.1'] ??
      parameters['InstanceIds.member.1'] ??
      parameters['ResourceId.1'] ??
      parameters.InstanceId ??
      ''
    const instance = instances.get(id)
    if (action === 'DescribeAutoScalingInstances') return membership(id, instance)
    if (!instance) return errorOf('ec2', 'InvalidInstanceID.NotFound')
    const tag = [parameters['Tag.1.Key'] ?? '', parameters['Tag.1.Value'] ?? ''] as const
    if (action === 'CreateTags') instance.tags.set(...tag)
    else if (action === 'DeleteTags') instance.tags.delete(tag[0])
    else if (action === 'RebootInstances') instance.reboots++
    else if (action === 'TerminateInstanceInAutoScalingGroup') return terminate(instance, parameters)
    else return described(id, instance)
    return ok(`<${action}Response><return>true</return></${action}Response>`)
  }

  function assume({ RoleArn: arn = '', RoleSessionName: name = '' }: Record<string, string>): CloudReply {
    if (!arn.endsWith(':role/repair') || !/^[\w+=,.@-]{2,64}$/.test(name)) return errorOf('sts', 'AccessDenied')
    const key = `ASIA${sessions.size}`
    sessions.set(key, { secret: `secret-${key}`, token: `token-${key}`, name })
    return ok(`<AssumeRoleResponse><AssumeRoleResult><Credentials>
      <AccessKeyId>${key}</AccessKeyId><SecretAccessKey>secret-${key}</SecretAccessKey>
      <SessionToken>token-${key}</SessionToken><Expiration>2026-01-01T00:15:00Z</Expiration>
    </Credentials></AssumeRoleResult></AssumeRoleResponse>`)
  }

  return { ...(await localCloud(clock, answer)), instances, calls, mishaps }
}

/** The body of the Query protocol or of JSON, whose lists are taken for their first entry. */
const parametersOf = ({ headers, body }: CloudRequest): Record<string, string> =>
  headers['content-type'] === 'application/x-amz-json-1.1'
    ? Object.fromEntries(Object.entries(JSON.parse(body) as object).map(([name, value]) => [name, String(value)]))
    : Object.fromEntries(new URLSearchParams(body))

/** Some errors belong to the request, others to one node of it. */
function nodesReplaced(id: string, mishap: Mishap | undefined): CloudReply {
  const code = typeof mishap === 'object' ? mishap.refuse : null
  const isWhole = code?.endsWith('Exception')
  const failed = code === null ? [] : [{ NodeId: id, ErrorCode: code, Message: 'secret words of the provider' }]
  const content = isWhole
    ? { __type: `com.amazonaws.sagemaker#${code}` }
    : { Successful: code === null ? [id] : [], Failed: failed }
  return { status: isWhole ? 400 : 200, type: 'application/x-amz-json-1.1', text: JSON.stringify(content) }
}

function terminate(instance: FakeInstance, parameters: Record<string, string>): CloudReply {
  if (instance.group === null) return errorOf('autoscaling', 'ValidationError')
  if (parameters.ShouldDecrementDesiredCapacity !== 'false') return errorOf('autoscaling', 'ValidationError')
  instance.state = 'shutting-down'
  return ok('<TerminateInstanceInAutoScalingGroupResponse/>')
}

function described(id: string, { owner, state, tags }: FakeInstance): CloudReply {
  const items = [...tags].map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`)
  return ok(`<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>1</requestId>
    <reservationSet>
      <item>
        <ownerId>${owner}</ownerId>
        <instancesSet>
          <item>
            <instanceId>${id}</instanceId>
            <instanceState><code>16</code><name>${state}</name></instanceState>
            <launchTime>2026-01-01T00:00:00.000Z</launchTime>
            ${items.length === 0 ? '' : `<tagSet>${items.join('\n')}</tagSet>`}
          </item>
        </instancesSet>
      </item>
    </reservationSet>
  </DescribeInstancesResponse>`)
}

function membership(id: string, instance: FakeInstance | undefined): CloudReply {
  const member = instance?.group
    ? `<member><InstanceId>${id}</InstanceId><AutoScalingGroupName>${instance.group}</AutoScalingGroupName>
       <LifecycleState>${instance.lifecycle ?? 'InService'}</LifecycleState></member>`
    : ''
  return ok(`<DescribeAutoScalingInstancesResponse><DescribeAutoScalingInstancesResult>
    <AutoScalingInstances>${member}</AutoScalingInstances>
  </DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>`)
}
