import { SQSClient } from '@aws-sdk/client-sqs'
import { queueAccess } from '@gridgate/local/sqs/queue-access'
import { describeQueueContract } from '../../packages/local/contract/queue-contract.ts'
import { queueFaults } from './faults.ts'

describeQueueContract(
  queueAccess(new SQSClient({})),
  queueFaults.map(({ promise }) => promise),
)
