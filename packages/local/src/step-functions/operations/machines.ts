import { randomUUID } from 'node:crypto'
import { AwsError, type JsonObject } from '../../aws/service.ts'
import { checkArn, checkName, machineArn, machineName } from '../arns.ts'
import { definitionBytesMax } from '../limits.ts'
import type { MachineRecord } from '../records.ts'
import { describeDiagnostics, reviewDefinition, validateDefinition } from '../validate-definition.ts'
import { arnCharactersMax, type Context, findExecution, findMachine, type Operation, seconds } from './context.ts'
import { cutPage, readToken } from './paging.ts'
import { Request } from './request.ts'
import { readTags } from './tags.ts'

/** Configurations that the service shows and cannot change. */
const fixed: JsonObject = {
  loggingConfiguration: { level: 'OFF', includeExecutionData: false },
  tracingConfiguration: { enabled: false },
}

const fixedMembers = ['loggingConfiguration', 'tracingConfiguration', 'encryptionConfiguration', 'publish']

/** Refuses what the embedded cloud does not have, unless it is the value that it has anyway. */
function refuseConfigurations(request: Request): void {
  const refuse = (code: string, name: string): AwsError =>
    new AwsError(code, `${name}: the embedded cloud supports only the default`)
  if ((request.object('loggingConfiguration')?.level ?? 'OFF') !== 'OFF')
    throw refuse('InvalidLoggingConfiguration', 'loggingConfiguration')
  if (request.object('tracingConfiguration')?.enabled === true)
    throw refuse('InvalidTracingConfiguration', 'tracingConfiguration')
  if ((request.object('encryptionConfiguration')?.type ?? 'AWS_OWNED_KEY') !== 'AWS_OWNED_KEY')
    throw refuse('InvalidEncryptionConfiguration', 'encryptionConfiguration')
  if (request.flag('publish')) throw refuse('ValidationException', 'publish')
}

/** @throws {AwsError} InvalidDefinition */
function checkDefinition(text: string): string {
  const { definition, diagnostics } = validateDefinition(text)
  if (definition) return text
  throw new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${describeDiagnostics(diagnostics)}'`)
}

export const createStateMachine: Operation = ({ store, clock, place }, input) => {
  const request = new Request('CreateStateMachine', input, [
    'name',
    'definition',
    'roleArn',
    'type',
    'tags',
    ...fixedMembers,
  ])
  const name = checkName(request.text('name', 10_000))
  const definition = request.text('definition', definitionBytesMax)
  const roleArn = checkArn('role', request.text('roleArn', arnCharactersMax))
  if (request.choice('type', ['STANDARD', 'EXPRESS']) === 'EXPRESS')
    throw new AwsError('StateMachineTypeNotSupported', 'The embedded cloud has no Express state machines')
  refuseConfigurations(request)

  const arn = machineArn(place, name)
  const known = store.machine(arn)
  if (known) {
    if (known.status === 'DELETING')
      throw new AwsError('StateMachineDeleting', `State Machine is being deleted: '${arn}'`)
    if (store.definition(known.definition_id) !== definition || known.role_arn !== roleArn)
      throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`)
    return { stateMachineArn: arn, creationDate: seconds(known.created_at) }
  }
  checkDefinition(definition)
  const now = clock.now()
  const tags = JSON.stringify(readTags(request))
  const machine = { arn, name, role_arn: roleArn, created_at: now, updated_at: now, revision_id: null, tags }
  store.saveMachine({ ...machine, status: 'ACTIVE' }, definition)
  return { stateMachineArn: arn, creationDate: seconds(now) }
}

export const updateStateMachine: Operation = (context, input) => {
  const request = new Request('UpdateStateMachine', input, [
    'stateMachineArn',
    'definition',
    'roleArn',
    ...fixedMembers,
  ])
  const machine = findActive(context, request.text('stateMachineArn', arnCharactersMax))
  refuseConfigurations(request)
  const definition = request.optionalText('definition', definitionBytesMax)
  const roleArn = request.optionalText('roleArn', arnCharactersMax)
  if (!['definition', 'roleArn', ...fixedMembers].some((name) => request.has(name)))
    throw new AwsError(
      'MissingRequiredParameter',
      'Either the definition, the role ARN, the LoggingConfiguration, the TracingConfiguration, or the EncryptionConfiguration must be specified',
    )
  if (definition !== undefined) checkDefinition(definition)
  const changed = {
    ...machine,
    role_arn: roleArn === undefined ? machine.role_arn : checkArn('role', roleArn),
    updated_at: context.clock.now(),
    revision_id: randomUUID(),
  }
  context.store.saveMachine(changed, definition)
  return { updateDate: seconds(changed.updated_at), revisionId: changed.revision_id }
}

function findActive(context: Context, arn: string): MachineRecord {
  const machine = findMachine(context, arn)
  if (machine.status === 'DELETING')
    throw new AwsError('StateMachineDeleting', `State Machine is being deleted: '${arn}'`)
  return machine
}

/** Deletes a machine once its executions have ended; those that run end at their next transition. */
export const deleteStateMachine: Operation = ({ store }, input) => {
  const request = new Request('DeleteStateMachine', input, ['stateMachineArn'])
  const arn = checkArn('stateMachine', request.text('stateMachineArn', arnCharactersMax))
  const machine = store.machine(arn)
  if (!machine) return {}
  if (store.hasRunning(arn)) store.saveMachine({ ...machine, status: 'DELETING' })
  else store.removeMachine(arn)
  return {}
}

const revision = ({ revision_id: revisionId }: { revision_id: string | null }): JsonObject =>
  revisionId === null ? {} : { revisionId }

export const describeStateMachine: Operation = (context, input) => {
  const request = new Request('DescribeStateMachine', input, ['stateMachineArn'])
  const machine = findMachine(context, request.text('stateMachineArn', arnCharactersMax))
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: machine.status,
    definition: context.store.definition(machine.definition_id),
    roleArn: machine.role_arn,
    type: 'STANDARD',
    creationDate: seconds(machine.created_at),
    ...fixed,
    ...revision(machine),
  }
}

export const describeStateMachineForExecution: Operation = (context, input) => {
  const request = new Request('DescribeStateMachineForExecution', input, ['executionArn'])
  const execution = findExecution(context, request.text('executionArn', arnCharactersMax))
  return {
    stateMachineArn: execution.machine_arn,
    name: machineName(execution.machine_arn),
    definition: context.store.definition(execution.definition_id),
    roleArn: execution.role_arn,
    updateDate: seconds(execution.updated_at),
    ...fixed,
    ...revision(execution),
  }
}

export const listStateMachines: Operation = ({ store }, input) => {
  const request = new Request('ListStateMachines', input, ['maxResults', 'nextToken'])
  const size = request.pageSize(100, 1_000)
  const after = readToken(request.optionalText('nextToken', 1_024), 'machines')
  const rows = store.machines({ after, limit: size + 1 })
  const { page, next } = cutPage(rows, size, 'machines', ({ place }) => place)
  const stateMachines = page.map(({ arn, name, created_at }) => ({
    stateMachineArn: arn,
    name,
    type: 'STANDARD',
    creationDate: seconds(created_at),
  }))
  return { stateMachines, ...next }
}

export const validateStateMachineDefinition: Operation = (_, input) => {
  const request = new Request('ValidateStateMachineDefinition', input, ['definition', 'type', 'severity', 'maxResults'])
  const text = request.text('definition', definitionBytesMax)
  if (request.choice('type', ['STANDARD', 'EXPRESS']) === 'EXPRESS')
    throw new AwsError('ValidationException', 'The embedded cloud has no Express state machines')
  const withWarnings = request.choice('severity', ['ERROR', 'WARNING']) === 'WARNING'
  const size = request.pageSize(100, 100)
  const { definition, diagnostics } = reviewDefinition(text)
  const shown = diagnostics.filter(({ severity }) => withWarnings || severity === 'ERROR')
  return {
    result: definition ? 'OK' : 'FAIL',
    diagnostics: shown.slice(0, size).map((diagnostic) => ({ ...diagnostic })),
    truncated: shown.length > size,
  }
}
