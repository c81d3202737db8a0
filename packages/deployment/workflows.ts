/// <reference path="../../.sst/platform/config.d.ts" />
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillDefinition } from '@gridgate/core/task/definition'
import { stepFunctionName, workflows } from '../../workflows/manifest.ts'
import { stepFunctions } from './function-list.ts'
import { createFunction, type Workshop } from './functions.ts'
import { logicalName } from './names.ts'
import { arnOf, createRole, type FurtherStatement } from './roles.ts'

/** Step Functions delivers logs through CloudWatch's vended logs, whose actions know no resources ("Logging using CloudWatch Logs"). */
const deliveryRights: FurtherStatement = {
  Effect: 'Allow',
  Action: [
    ...['logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery'],
    ...['logs:ListLogDeliveries', 'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups'],
  ],
  Resource: ['*'],
}

/** X-Ray asks a state machine for sampling too ("AWS X-Ray and Step Functions"). */
const samplingRights: FurtherStatement = {
  Effect: 'Allow',
  Action: [
    ...['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
  ],
  Resource: ['*'],
}

/** One state machine for each workflow, from the file that also runs locally, with a function for each step. */
export function createWorkflows(workshop: Workshop): aws.sfn.StateMachine[] {
  return workflows.map(({ name }) => createWorkflow(workshop, name))
}

function createWorkflow(workshop: Workshop, workflow: string): aws.sfn.StateMachine {
  const { stage, site } = workshop
  const name = stage.prefix + workflow
  const created = stepFunctions(workflow).map((row) => createFunction(workshop, row))
  const functionArns = $util.all(created.map(({ arn }) => arn))
  const { role, policy } = createRole(stage.prefix, {
    ...{ name, service: 'states', condition: onlyFor(workshop, name) },
    rights: { Version: '2012-10-17', Statement: [] },
    further: functionArns.apply((Resource): FurtherStatement[] => [
      { Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource },
      deliveryRights,
      samplingRights,
    ]),
  })
  // Names outside /aws/vendedlogs/ fill up a resource policy of 5,120 characters that all of the account's groups share.
  const logs = new aws.cloudwatch.LogGroup(`${logicalName(workflow)}WorkflowLogs`, {
    ...{ name: `/aws/vendedlogs/states/${name}`, retentionInDays: stage.logDays },
  })
  return new aws.sfn.StateMachine(
    `${logicalName(workflow)}Workflow`,
    {
      ...{ name, type: 'STANDARD', roleArn: role.arn, tracingConfiguration: { enabled: true } },
      definition: arnOf(site, 'lambda', 'function:').apply((functions) =>
        definitionOf(workflow, functions + stage.prefix),
      ),
      loggingConfiguration: {
        level: 'ERROR',
        includeExecutionData: false,
        logDestination: $interpolate`${logs.arn}:*`,
      },
    },
    { dependsOn: [policy] },
  )
}

/** Nobody but this state machine makes Step Functions take the role. */
const onlyFor = ({ site }: Workshop, name: string) =>
  $resolve({ arn: arnOf(site, 'states', `stateMachine:${name}`), account: site.accountId }).apply(
    ({ arn, account }) => ({
      StringEquals: { 'aws:SourceAccount': account },
      ArnEquals: { 'aws:SourceArn': arn },
    }),
  )

/** The file with its holes filled; @throws for a hole without a step. */
function definitionOf(workflow: string, functionsArn: string): string {
  const text = readFileSync(join($cli.paths.root, 'workflows', workflow, 'workflow.asl.json'), 'utf8')
  const steps = workflows.find(({ name }) => name === workflow)?.steps ?? []
  return fillDefinition(text, (hole) =>
    steps.some(({ name }) => name === hole) ? functionsArn + stepFunctionName(workflow, hole) : undefined,
  )
}
