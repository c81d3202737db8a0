import { AwsError } from '../aws/service.ts'

/** The account that all names live in. */
export interface Place {
  region: string
  accountId: string
}

/** Characters that AWS refuses in names of machines and executions (CreateStateMachine, "name"). */
const badNameCharacters = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}\ufffe\uffff]/u

const nameCharactersMax = 80

/**
 * Checks the name of a machine or an execution (spec/step-functions.md section 8).
 * @throws {AwsError} InvalidName
 */
export function checkName(name: string): string {
  if (name.length === 0 || name.length > nameCharactersMax || badNameCharacters.test(name))
    throw new AwsError('InvalidName', `Invalid Name: '${name}'`)
  return name
}

export const machineArn = ({ region, accountId }: Place, name: string): string =>
  `arn:aws:states:${region}:${accountId}:stateMachine:${name}`

/** The ARN of an execution of the machine with that ARN. */
export const executionArn = (machine: string, name: string): string =>
  `${machine.replace(':stateMachine:', ':execution:')}:${name}`

/** The last part of a machine's ARN. */
export const machineName = (arn: string): string => arn.split(':')[6] ?? ''

const shapes = {
  stateMachine: /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[^:/]+$/,
  execution: /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:[^:/]+:[^:/]+$/,
  role: /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/,
}

/**
 * Checks the form of an ARN of the given kind; versions and aliases (`…:machine:1`) are not supported.
 * @throws {AwsError} InvalidArn
 */
export function checkArn(kind: keyof typeof shapes, arn: string): string {
  if (!arn.startsWith('arn:')) throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`)
  if (!shapes[kind].test(arn))
    throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${arn}'`)
  return arn
}
