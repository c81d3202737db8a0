import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SQSClient } from '@aws-sdk/client-sqs'
import { queueAccess } from '@gridgate/local/sqs/queue-access'
import { describeQueueContract } from '../../packages/local/contract/queue-contract.ts'
import { describeRuleContract } from '../../packages/local/contract/rule-contract.ts'
import { queueFaults } from './faults.ts'

const access = queueAccess(new SQSClient({}))

describeQueueContract(
  access,
  queueFaults.map(({ promise }) => promise),
)

const events = new EventBridgeClient({})
describeRuleContract(
  () => events,
  () => access,
)
