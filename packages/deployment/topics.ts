/// <reference path="../../.sst/platform/config.d.ts" />
import { untilAnswered } from './answering.ts'
import type { Site } from './place.ts'
import type { Stage } from './stage.ts'

/** The topic that CloudWatch alarms of the clusters can be sent to; the functions believe it. */
export function createAlarmTopic(stage: Stage, site: Site): aws.sns.Topic {
  const topic = new aws.sns.Topic('AlarmTopic', { name: `${stage.prefix}alarms`, signatureVersion: 2 })
  allowAlarms('AlarmTopic', topic, site)
  return topic
}

/** Posts what the topic is told to the API, which checks the signature: the queue takes EventBridge's events only. */
export function subscribeApi(topic: aws.sns.Topic, url: $util.Output<string>, answering: $util.Resource[]): void {
  const made = $util.all([$interpolate`${url}/alarms/sns`, ...answering.map(({ urn }) => urn)])
  const endpoint = made.apply(async ([address]) => ($cli.command === 'deploy' ? untilAnswered(address) : address))
  new aws.sns.TopicSubscription(
    'AlarmTopicSubscription',
    {
      ...{ topic: topic.arn, protocol: 'https', endpoint, rawMessageDelivery: false },
      // The function confirms by itself.
      ...{ endpointAutoConfirms: true, confirmationTimeoutInMinutes: 5 },
    },
    { dependsOn: answering },
  )
}

/** Where the deployment's own alarms go: the topic that was named, or a new one. */
export function createOperatorTopic(stage: Stage, site: Site): $util.Output<string> {
  if (stage.operators.topicArn !== null) return $output(stage.operators.topicArn)
  const topic = new aws.sns.Topic('OperatorTopic', { name: `${stage.prefix}operators` })
  allowAlarms('OperatorTopic', topic, site)
  if (stage.operators.email !== null)
    new aws.sns.TopicSubscription('OperatorEmail', {
      ...{ topic: topic.arn, protocol: 'email', endpoint: stage.operators.email },
    })
  return topic.arn
}

/** CloudWatch, and only for alarms of this account, may publish. */
function allowAlarms(logical: string, topic: aws.sns.Topic, site: Site): void {
  new aws.sns.TopicPolicy(`${logical}Policy`, {
    arn: topic.arn,
    policy: $resolve({ Resource: topic.arn, account: site.accountId }).apply(({ Resource, account }) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            ...{ Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'sns:Publish', Resource },
            Condition: { StringEquals: { 'aws:SourceAccount': account } },
          },
        ],
      }),
    ),
  })
}
