/** The account and the region that the graph is made for; no real one. */
export const accountId = '123456789012'
export const region = 'us-east-1'

type Values = Record<string, unknown>

/** How AWS writes the ARN of a resource, by its type; the rest is `<service>:<region>:<account>:<name>`. */
const arnShapes: Readonly<Record<string, (name: string) => string>> = {
  'aws:dynamodb/table:Table': (name) => `dynamodb:${region}:${accountId}:table/${name}`,
  'aws:lambda/function:Function': (name) => `lambda:${region}:${accountId}:function:${name}`,
  'aws:iam/role:Role': (name) => `iam::${accountId}:role/${name}`,
  'aws:sfn/stateMachine:StateMachine': (name) => `states:${region}:${accountId}:stateMachine:${name}`,
  'aws:cloudwatch/logGroup:LogGroup': (name) => `logs:${region}:${accountId}:log-group:${name}`,
  'aws:cloudwatch/eventRule:EventRule': (name) => `events:${region}:${accountId}:rule/${name}`,
  'aws:kms/key:Key': (name) => `kms:${region}:${accountId}:key/${name}`,
}

/** What a resource says of itself once it is there, as far as others ask for it. */
export function outputsOf(type: string, logicalName: string, inputs: Values): Values {
  if (!type.startsWith('aws:')) return inputs
  const name = typeof inputs.name === 'string' ? inputs.name : logicalName
  const shape = arnShapes[type] ?? ((plain: string) => `${type.split(/[:/]/)[1]}:${region}:${accountId}:${plain}`)
  const arn = `arn:aws:${shape(name)}`
  return { ...inputs, name, arn, ...furtherOutputs(type, name, arn) }
}

function furtherOutputs(type: string, name: string, arn: string): Values {
  switch (type) {
    case 'aws:sqs/queue:Queue':
      return { url: `https://sqs.${region}.amazonaws.com/${accountId}/${name}` }
    case 'aws:kms/key:Key':
      return { keyId: name }
    case 'aws:apigatewayv2/api:Api':
      return {
        apiEndpoint: `https://api-id.execute-api.${region}.amazonaws.com`,
        executionArn: `arn:aws:execute-api:${region}:${accountId}:api-id`,
      }
    case 'aws:lambda/function:Function':
      return {
        version: '1',
        qualifiedArn: `${arn}:1`,
        invokeArn: invokeArn(arn),
        qualifiedInvokeArn: invokeArn(`${arn}:1`),
      }
    default:
      return {}
  }
}

const invokeArn = (arn: string): string =>
  `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`

/** Answers of the look-ups that the deployment makes, by their token. */
export const calls: Readonly<Record<string, (inputs: Values) => Values>> = {
  'aws:index/getRegion:getRegion': () => ({ region, name: region, id: region }),
  'aws:index/getPartition:getPartition': () => ({ partition: 'aws', dnsSuffix: 'amazonaws.com' }),
  'aws:index/getCallerIdentity:getCallerIdentity': () => ({ accountId }),
  'aws:index/getAvailabilityZones:getAvailabilityZones': () => ({
    names: ['a', 'b', 'c'].map((zone) => region + zone),
  }),
}
