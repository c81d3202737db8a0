import { AwsError, type JsonObject } from '../../aws/service.ts'
import type { Clock } from '../../clock.ts'
import { checkArn, type Place } from '../arns.ts'
import type { Engine } from '../engine.ts'
import type { ExecutionRecord, MachineRecord } from '../records.ts'
import type { Store } from '../store.ts'

/** What operations work on. */
export interface Context {
  store: Store
  engine: Engine
  clock: Clock
  place: Place
}

export type Operation = (context: Context, input: JsonObject) => JsonObject | Promise<JsonObject>

/** Longest ARN in a request, in characters. */
export const arnCharactersMax = 256

/** A time as the wire has it: epoch seconds. */
export const seconds = (ms: number): number => ms / 1_000

/** @throws {AwsError} InvalidArn, StateMachineDoesNotExist */
export function findMachine({ store }: Context, arn: string): MachineRecord {
  const machine = store.machine(checkArn('stateMachine', arn))
  if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`)
  return machine
}

/** @throws {AwsError} InvalidArn, ExecutionDoesNotExist */
export function findExecution({ store }: Context, arn: string): ExecutionRecord {
  const execution = store.execution(checkArn('execution', arn))
  if (!execution) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`)
  return execution
}
