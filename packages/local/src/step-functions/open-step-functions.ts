import { type Log, noLog } from '../aws/log.ts'
import { AwsError, type AwsService, unknownOperation } from '../aws/service.ts'
import type { Clock } from '../clock.ts'
import { Engine } from './engine.ts'
import type { Integrations } from './integrations.ts'
import { retentionMs } from './limits.ts'
import { type ExecutionStatusChange, Notices } from './notices.ts'
import type { Context, Operation } from './operations/context.ts'
import * as executions from './operations/executions.ts'
import * as machines from './operations/machines.ts'
import * as tags from './operations/tags.ts'
import * as tasks from './operations/tasks.ts'
import { Store } from './store.ts'

export type { Integrations } from './integrations.ts'
export type { ExecutionStatusChange } from './notices.ts'

/** What the service needs. */
export interface StepFunctionsOptions {
  /** The SQLite file that everything is kept in; `:memory:` keeps nothing. */
  file: string
  clock: Clock
  region: string
  accountId: string
  integrations: Integrations
  /** Told of every start and end of an execution, at least once, in order; called again later when it throws. */
  onStatusChange?: (event: ExecutionStatusChange) => unknown
  log?: Log
  /** Told after each transaction. */
  onCommit?: () => void
}

/** The embedded Step Functions. */
export interface StepFunctions extends AwsService {
  /** Goes on with what ran when the last process ended. Call it once the integrations can be called. */
  resume(): void
  /** Stops where everything stands; the file keeps it. */
  close(): void
}

const operations: Readonly<Record<string, Operation>> = {
  CreateStateMachine: machines.createStateMachine,
  UpdateStateMachine: machines.updateStateMachine,
  DeleteStateMachine: machines.deleteStateMachine,
  DescribeStateMachine: machines.describeStateMachine,
  DescribeStateMachineForExecution: machines.describeStateMachineForExecution,
  ListStateMachines: machines.listStateMachines,
  ValidateStateMachineDefinition: machines.validateStateMachineDefinition,
  StartExecution: executions.startExecution,
  DescribeExecution: executions.describeExecution,
  ListExecutions: executions.listExecutions,
  StopExecution: executions.stopExecution,
  GetExecutionHistory: executions.getExecutionHistory,
  SendTaskSuccess: tasks.sendTaskSuccess,
  SendTaskFailure: tasks.sendTaskFailure,
  SendTaskHeartbeat: tasks.sendTaskHeartbeat,
  TagResource: tags.tagResource,
  UntagResource: tags.untagResource,
  ListTagsForResource: tags.listTagsForResource,
}

/**
 * Opens the embedded Step Functions: standard state machines in JSONata (spec/step-functions.md). What a call has
 * acknowledged survives the death of the process at any moment; a finished step never runs again, a Lambda task that was
 * under way is called once more.
 */
export function openStepFunctions(options: StepFunctionsOptions): StepFunctions {
  const { file, clock, region, accountId, integrations, onStatusChange = () => {}, log = noLog, onCommit } = options
  const store = new Store(file, onCommit)
  store.removeEnded(clock.now() - retentionMs)
  const place = { region, accountId }
  const notices = new Notices({ store, clock, deliver: onStatusChange, log })
  const engine = new Engine({ store, clock, place, integrations, notices, log })
  const context: Context = { store, engine, clock, place }
  let closed = false

  return {
    async call(operation, input) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined
      if (!run) throw unknownOperation(operation)
      if (closed || engine.isBroken) throw new AwsError('ServiceUnavailable', 'the service is closed', { status: 503 })
      return run(context, input)
    },
    resume: () => engine.resume(),
    close() {
      if (closed) return
      closed = true
      engine.close()
      store.close()
    },
  }
}
