/** What a Task's `Resource` asks for (spec/step-functions.md section 4). */
export type Resource =
  | { kind: 'function'; arn: string }
  | { kind: 'service'; service: 'lambda' | 'sqs' | 'states'; action: string; pattern: 'call' | 'token' | 'sync' }

/** The integrations that the engine has, with the arguments it takes: required ones first. */
const integrations: Record<string, { pattern: 'call' | 'token' | 'sync'; required: string[]; optional: string[] }> = {
  'lambda:invoke': { pattern: 'call', required: ['FunctionName'], optional: ['Payload', 'InvocationType'] },
  'lambda:invoke.waitForTaskToken': {
    pattern: 'token',
    required: ['FunctionName'],
    optional: ['Payload', 'InvocationType'],
  },
  'sqs:sendMessage': { pattern: 'call', required: ['QueueUrl', 'MessageBody'], optional: sqsOptional() },
  'sqs:sendMessage.waitForTaskToken': {
    pattern: 'token',
    required: ['QueueUrl', 'MessageBody'],
    optional: sqsOptional(),
  },
  'states:startExecution': { pattern: 'call', required: ['StateMachineArn'], optional: ['Input', 'Name'] },
  'states:startExecution.sync:2': { pattern: 'sync', required: ['StateMachineArn'], optional: ['Input', 'Name'] },
}

function sqsOptional(): string[] {
  return ['DelaySeconds', 'MessageAttributes', 'MessageDeduplicationId', 'MessageGroupId', 'MessageSystemAttributes']
}

const functionArn = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:(\$LATEST|[A-Za-z0-9_-]+))?$/
const servicePrefix = /^arn:aws[a-z-]*:states:::/

/** Reads a `Resource`; null for one that the engine does not have. */
export function parseResource(text: string): Resource | null {
  if (functionArn.test(text)) return { kind: 'function', arn: text }
  if (!servicePrefix.test(text)) return null
  const name = text.replace(servicePrefix, '')
  const found = Object.hasOwn(integrations, name) ? integrations[name] : undefined
  if (!found) return null
  const [service = '', ...action] = name.split(':')
  return {
    kind: 'service',
    service: service as 'lambda' | 'sqs' | 'states',
    action: action.join(':'),
    pattern: found.pattern,
  }
}

/** The arguments of a service integration. */
export function argumentsOf(resource: Resource & { kind: 'service' }): { required: string[]; optional: string[] } {
  return integrations[`${resource.service}:${resource.action}`] ?? { required: [], optional: [] }
}
