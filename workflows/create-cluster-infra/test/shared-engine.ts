import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, JsonObject } from '@gridgate/core/json'
import { fillDefinition } from '@gridgate/core/task/definition'
import type { ExecutionStatus } from '@gridgate/core/task/workflows'
import { manualClock } from '@gridgate/local/clock'
import { openStepFunctions, type StepFunctions } from '@gridgate/local/step-functions/open-step-functions'
import { stepFunctionName, workflows } from '../../manifest.ts'

const region = 'eu-west-1'
const accountId = '000000000000'

/** The engine of this process with all definitions; reading them takes longer than running them. */
export interface SharedEngine {
  engine: StepFunctions
  clock: ReturnType<typeof manualClock>
  /** Steps under way. */
  running: number
  /** Names of ended executions. */
  ended: Set<string>
  /** The step of the present world. */
  runStep: (step: string, workflow: string, payload: Json) => Promise<Json>
}

let opened: Promise<SharedEngine> | undefined

/** Opened with the first test of a process. */
export function sharedEngine(): Promise<SharedEngine> {
  opened ??= openEngine()
  return opened
}

async function openEngine(): Promise<SharedEngine> {
  const clock = manualClock()
  const engine = openStepFunctions({
    file: ':memory:',
    clock,
    region,
    accountId,
    onStatusChange: ({ name, status }) => void (status !== 'RUNNING' && shared.ended.add(name)),
    integrations: {
      sendMessage: () => Promise.reject(new Error('no queue')),
      async invokeFunction(arn, payload) {
        const [workflow = '', step = ''] = stepOf(arn.split(':').at(-1) ?? '')
        shared.running++
        try {
          return { payload: await shared.runStep(step, workflow, payload) }
        } catch (error) {
          const { name, message, stack = '' } = error as Error
          return { functionError: { errorType: name, errorMessage: message, trace: stack.split('\n') } }
        } finally {
          shared.running--
        }
      },
    },
  })
  const shared: SharedEngine = { engine, clock, running: 0, ended: new Set(), runStep: async () => null }
  await createMachines(engine)
  engine.resume()
  return shared
}

const machineArn = (workflow: string): string =>
  `arn:aws:states:${region}:${accountId}:stateMachine:gridgate-${workflow}`

async function createMachines(engine: StepFunctions): Promise<void> {
  for (const { name } of workflows) {
    const text = readFileSync(join(import.meta.dirname, `../../${name}/workflow.asl.json`), 'utf8')
    const definition = fillDefinition(
      text,
      (step) => `arn:aws:lambda:${region}:${accountId}:function:gridgate-${stepFunctionName(name, step)}`,
    )
    const roleArn = `arn:aws:iam::${accountId}:role/workflows`
    await engine.call('CreateStateMachine', { name: `gridgate-${name}`, definition, roleArn })
  }
}

/** `gridgate-create-cluster-infra-check-cluster` → its workflow and step. */
function stepOf(functionName: string): string[] {
  for (const { name, steps: rows } of workflows)
    for (const row of rows) if (functionName === `gridgate-${stepFunctionName(name, row.name)}`) return [name, row.name]
  throw new Error(`no function ${functionName}`)
}

/** Starts a workflow as the port does: the task's id is the execution's name. */
export async function startExecution(
  engine: StepFunctions,
  workflow: string,
  name: string,
  input: JsonObject,
): Promise<void> {
  await engine.call('StartExecution', { stateMachineArn: machineArn(workflow), name, input: JSON.stringify(input) })
}

/** Null when no such execution was started. */
export async function statusOf(engine: StepFunctions, workflow: string, name: string): Promise<ExecutionStatus | null> {
  const executionArn = `${machineArn(workflow).replace(':stateMachine:', ':execution:')}:${name}`
  try {
    const { status } = await engine.call('DescribeExecution', { executionArn })
    return String(status).toLowerCase() as ExecutionStatus
  } catch {
    return null
  }
}

/** Stops an execution from outside; one that has ended stays as it is. */
export async function stopExecution(engine: StepFunctions, workflow: string, name: string): Promise<void> {
  const executionArn = `${machineArn(workflow).replace(':stateMachine:', ':execution:')}:${name}`
  await engine.call('StopExecution', { executionArn })
}

/** Executions of a test that is over must not meet the next one. */
export async function stopAll(engine: StepFunctions): Promise<void> {
  for (const { name } of workflows) {
    const asked = { stateMachineArn: machineArn(name), statusFilter: 'RUNNING' }
    const { executions } = await engine.call('ListExecutions', asked)
    for (const { executionArn } of executions as { executionArn: string }[])
      await engine.call('StopExecution', { executionArn })
  }
}

/** What the engine keeps of the tasks of one world. */
export async function histories(engine: StepFunctions, find: (id: string) => Promise<unknown>): Promise<Json> {
  const all: Json[] = []
  for (const { name: workflow } of workflows) {
    const { executions } = await engine.call('ListExecutions', { stateMachineArn: machineArn(workflow) })
    for (const { executionArn, name } of executions as { executionArn: string; name: string }[]) {
      if (!(await find(name))) continue
      all.push(await engine.call('DescribeExecution', { executionArn }))
      all.push(await engine.call('GetExecutionHistory', { executionArn, maxResults: 1000 }))
    }
  }
  return all
}
