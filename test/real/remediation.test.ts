import { describeRemedies } from '../../packages/controller/contract/remedy-contract.ts'
import { startOwnController } from './own-controller.ts'
import { describeWithControllers } from './real-cluster.ts'

describeRemedies(describeWithControllers, startOwnController)
