/** A queue's own policy, as far as we write it ("Amazon SQS policy examples", SQS Developer Guide). */
export interface QueuePolicy {
  Version: '2012-10-17'
  Statement: {
    Effect: 'Allow'
    Principal: { Service: string }
    Action: string
    Resource: string
    Condition: { ArnEquals: { 'aws:SourceArn': string } }
  }[]
}

/** Lets one rule of EventBridge fill a queue, and nothing else; deployed, and put in place locally. */
export const queuePolicy = (queueArn: string, ruleArn: string): QueuePolicy => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queueArn,
      Condition: { ArnEquals: { 'aws:SourceArn': ruleArn } },
    },
  ],
})
