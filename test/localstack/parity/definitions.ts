import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillDefinition } from '@gridgate/core/task/definition'
import type { Definition } from '@gridgate/local/step-functions/definition/definition'
import { stepFunctionName, type workflows } from '../../../workflows/manifest.ts'

const folder = join(import.meta.dirname, '../../../workflows')

export const functionName = (workflow: string, step: string): string => `parity-${stepFunctionName(workflow, step)}`

/** A workflow's definition as it is deployed, with functions of ours behind its steps. */
export function definitionOf(workflow: string): Definition {
  const text = readFileSync(join(folder, workflow, 'workflow.asl.json'), 'utf8')
  const arnOf = (step: string): string =>
    `arn:aws:lambda:us-east-1:000000000000:function:${functionName(workflow, step)}`
  return JSON.parse(fillDefinition(text, arnOf)) as Definition
}

/** Names of the functions behind the steps of a workflow. */
export const functionNamesOf = ({ name, steps }: (typeof workflows)[number]): string[] =>
  steps.map((step) => functionName(name, step.name))
