/// <reference path="../../.sst/platform/config.d.ts" />

import type { PolicyDocument, Statement } from '@gridgate/runtime/rights'
import { logicalName } from './names.ts'
import type { Site } from './place.ts'

/** A statement of ours that no port asks for. */
export interface FurtherStatement extends Omit<Statement, 'Effect' | 'Condition'> {
  Effect: 'Allow' | 'Deny'
  Condition?: Record<string, Record<string, string | string[]>>
}

interface RoleOptions {
  /** Whole name, also of what assumes the role. */
  name: string
  service: 'lambda' | 'states'
  /** The trust policy's condition, where the service sends what it can be about. */
  condition?: $util.Input<FurtherStatement['Condition']>
  rights: $util.Input<PolicyDocument>
  further: $util.Input<FurtherStatement[]>
}

/**
 * A role of its own for one function or one workflow. Made by hand: a role that SST makes can be assumed by the whole account,
 * and what its `link` grants is `dynamodb:*`.
 */
export function createRole(
  prefix: string,
  { name, service, condition, rights, further }: RoleOptions,
): { role: aws.iam.Role; policy: aws.iam.RolePolicy } {
  const logical = logicalName(name.slice(prefix.length))
  const role = new aws.iam.Role(`${logical}Role`, {
    name,
    assumeRolePolicy: $output(condition).apply((Condition) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            ...{ Effect: 'Allow', Principal: { Service: `${service}.amazonaws.com` }, Action: 'sts:AssumeRole' },
            ...(Condition === undefined ? {} : { Condition }),
          },
        ],
      }),
    ),
  })
  const policy = new aws.iam.RolePolicy(`${logical}Rights`, {
    name: 'rights',
    role: role.name,
    policy: $resolve({ rights, further }).apply((found) =>
      JSON.stringify({ ...found.rights, Statement: [...found.rights.Statement, ...found.further] }),
    ),
  })
  return { role, policy }
}

/** Lines of one log group; streams are named by AWS. */
export const logRights = (logGroupArn: string): FurtherStatement => ({
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: [`${logGroupArn}:*`],
})

/** X-Ray knows no resources for these ("Actions, resources, and condition keys for AWS X-Ray"). */
export const traceRights: FurtherStatement = {
  Effect: 'Allow',
  Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
  Resource: ['*'],
}

/** Takes messages off queues. */
export const queueRights = (queueArns: string[]): FurtherStatement => ({
  Effect: 'Allow',
  Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  Resource: queueArns,
})

/** Takes on roles, of other accounts too: what these trust is not enough there ("Cross account resource access in IAM"). */
export const roleRights = (roleArns: readonly string[]): FurtherStatement => ({
  Effect: 'Allow',
  Action: ['sts:AssumeRole'],
  Resource: [...roleArns],
})

/** The ARN of something in this stage's place. */
export const arnOf = (site: Site, service: string, what: string): $util.Output<string> =>
  $interpolate`arn:${site.partition}:${service}:${site.region}:${site.accountId}:${what}`
