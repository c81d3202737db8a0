import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fillDefinition } from '@gridgate/core/task/definition'
import { describe, expect, it } from 'vitest'
import { stepFunctionName, workflows } from './manifest.ts'

/** The library brings no types that this compiler finds. */
const validate = createRequire(import.meta.url)('asl-validator') as (definition: object) => { isValid: boolean }

interface State {
  Type: string
  Resource?: string
  TimeoutSeconds?: number
  Retry?: { ErrorEquals: string[] }[]
  Catch?: { ErrorEquals: string[]; Next: string }[]
}

const textOf = (workflow: string): string =>
  readFileSync(join(import.meta.dirname, workflow, 'workflow.asl.json'), 'utf8')
const arnOf = (name: string): string => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`
const closing = ['CompleteTask', 'CancelTask', 'FailTask']

describe.each(workflows)('the definition of $name', ({ name, steps }) => {
  const text = textOf(name)
  const definition = JSON.parse(text) as { TimeoutSeconds: number; States: Record<string, State> }
  const tasks = Object.entries(definition.States).filter(([, { Type }]) => Type === 'Task')

  it('is valid once its holes are filled', () => {
    const filled = JSON.parse(fillDefinition(text, (step) => arnOf(stepFunctionName(name, step)))) as object
    expect(validate(filled)).toMatchObject({ isValid: true })
  })

  it('has a hole for each step of the manifest and no other, named like its state', () => {
    const holes = tasks.map(([state, { Resource }]) => [
      state.replace(/^./, (letter) => letter.toLowerCase()),
      Resource,
    ])
    expect(holes).toEqual(steps.map((step) => [step.name, `\${${step.name}}`]))
  })

  it('bounds every Task above the time of its function, and the whole above all of them', () => {
    for (const [state, { TimeoutSeconds = 0 }] of tasks) {
      const row = steps.find(({ name: step }) => step === state.replace(/^./, (letter) => letter.toLowerCase()))
      expect([state, TimeoutSeconds > (row?.timeoutSeconds ?? 0)]).toEqual([state, true])
    }
    expect(definition.TimeoutSeconds).toBeLessThanOrEqual(7200)
  })

  it('catches every failure of every Task but the last ones, and tries again what passes', () => {
    for (const [state, { Retry, Catch }] of tasks) {
      const retried = Retry?.flatMap(({ ErrorEquals }) => ErrorEquals) ?? []
      const isRetried = retried.includes('Lambda.ServiceException') || retried.includes('States.ALL')
      expect([state, isRetried]).toEqual([state, true])
      const caught = Catch?.map(({ ErrorEquals }) => ErrorEquals.join()) ?? []
      const isLast = closing.includes(state) && state !== 'CompleteTask'
      // What a step is prepared for may be caught by name before.
      expect([state, caught.slice(-1)]).toEqual([state, isLast ? [] : ['States.ALL']])
      expect(caught.slice(0, -1).filter((named) => /States|Lambda/.test(named))).toEqual([])
    }
  })

  it('uses nothing that would make two runs of one input differ', () => {
    expect(text).not.toMatch(/\$(uuid|hash|random|now|millis)\b/)
  })

  it('has functions whose names leave 19 of the 64 characters of a function name to the prefix of the stage', () => {
    for (const step of steps) expect(stepFunctionName(name, step.name).length).toBeLessThanOrEqual(45)
  })
})

describe('a definition', () => {
  it('is not filled without a function for each hole', () => {
    expect(() => fillDefinition(`{"Resource": "\${other}"}`, () => undefined)).toThrow('other has no function')
  })
})
