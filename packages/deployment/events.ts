/// <reference path="../../.sst/platform/config.d.ts" />
import { queuePolicy } from '@gridgate/runtime/queue-policy'
import { rulesFor } from '../../functions/internals.ts'
import { workflows } from '../../workflows/manifest.ts'
import type { CreatedFunction } from './functions.ts'
import { logicalName } from './names.ts'
import type { Site } from './place.ts'
import type { CreatedQueue } from './queues.ts'
import { arnOf } from './roles.ts'
import type { Stage } from './stage.ts'

/** What rules and schedules call. */
interface Targets {
  queues: readonly CreatedQueue[]
  functions: ReadonlyMap<string, CreatedFunction>
}

/** A scheduled call that failed is not tried again, and not kept: the next one comes by itself. In seconds. */
const scheduledSecondsMax = 60

/** The rules and schedules of the manifest, on the account's default bus. */
export function createRules(stage: Stage, site: Site, targets: Targets): void {
  const machines = workflows.map(({ name }) => arnOf(site, 'states', `stateMachine:${stage.prefix}${name}`))
  for (const { name, when, target } of rulesFor([])) {
    const rule = new aws.cloudwatch.EventRule(`${logicalName(name)}Rule`, {
      name: stage.prefix + name,
      ...('schedule' in when ? { scheduleExpression: when.schedule } : { eventPattern: patternOf(name, machines) }),
    })
    if ('queue' in target) fillQueue(name, rule, targets, target.queue)
    else callFunction(name, rule, targets, target.handler, 'schedule' in when)
  }
}

/** The pattern, once the ARNs of the state machines are known. */
const patternOf = (name: string, machines: $util.Output<string>[]): $util.Output<string> =>
  $util.all(machines).apply((arns) => {
    const when = rulesFor(arns).find((row) => row.name === name)?.when
    return JSON.stringify(when && 'pattern' in when ? when.pattern : {})
  })

function callFunction(
  name: string,
  rule: aws.cloudwatch.EventRule,
  { functions }: Targets,
  handler: string,
  isScheduled: boolean,
): void {
  const target = functions.get(`internal-${handler}`)
  if (!target) throw new Error(`the rule ${name} calls ${handler}, which is not there`)
  const permission = new aws.lambda.Permission(`${logicalName(name)}RulePermission`, {
    action: 'lambda:InvokeFunction',
    ...{ function: target.name, principal: 'events.amazonaws.com', sourceArn: rule.arn },
  })
  const called = { rule: rule.name, targetId: handler, arn: target.arn }
  new aws.cloudwatch.EventTarget(`${logicalName(name)}Target`, called, { dependsOn: [permission] })
  if (!isScheduled) return
  new aws.lambda.FunctionEventInvokeConfig(`${logicalName(name)}Retries`, {
    ...{ functionName: target.name, maximumRetryAttempts: 0, maximumEventAgeInSeconds: scheduledSecondsMax },
  })
}

/** What the queue does not take goes into the one behind it, so that no event is lost without a word. */
function fillQueue(name: string, rule: aws.cloudwatch.EventRule, { queues }: Targets, queueName: string): void {
  const queue = queues.find((found) => found.name === queueName)
  if (!queue) throw new Error(`the rule ${name} fills ${queueName}, which is not there`)
  const policies = (
    [
      ['Queue', queue.main],
      ['DeadQueue', queue.dead],
    ] as const
  ).map(
    ([kind, target]) =>
      new aws.sqs.QueuePolicy(`${logicalName(queueName)}${kind}Policy`, {
        queueUrl: target.url,
        policy: $resolve({ queueArn: target.arn, ruleArn: rule.arn }).apply(({ queueArn, ruleArn }) =>
          JSON.stringify(queuePolicy(queueArn, ruleArn)),
        ),
      }),
  )
  const filled = { rule: rule.name, targetId: queueName, arn: queue.main.arn }
  new aws.cloudwatch.EventTarget(
    `${logicalName(name)}Target`,
    { ...filled, deadLetterConfig: { arn: queue.dead.arn } },
    { dependsOn: policies },
  )
}
