import { describe, expect, it } from 'vitest'
import type { Json, JsonObject } from '../aws/service.ts'
import { reviewDefinition, validateDefinition } from './validate-definition.ts'

const end: JsonObject = { Type: 'Succeed' }
const machine = (states: JsonObject, more: JsonObject = {}): JsonObject => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0] ?? '',
  States: states,
  ...more,
})
const lambda = (more: JsonObject): JsonObject => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'f' },
  End: true,
  ...more,
})
const check = (definition: Json) => validateDefinition(JSON.stringify(definition))
const findings = (definition: Json, severity: string): string[] =>
  check(definition)
    .diagnostics.filter((diagnostic) => diagnostic.severity === severity)
    .map(({ code, message, location }) => `${code} ${location} ${message}`)

describe('a definition is accepted', () => {
  it.each<[string, JsonObject]>([
    ['a literal text as Output', machine({ A: { Type: 'Pass', Output: 'literal', End: true } })],
    ['an empty text and a number in a template', machine({ A: { Type: 'Pass', Output: { a: '', b: 1 }, End: true } })],
    ['an expression over several lines', machine({ A: { Type: 'Pass', Output: '{%\n 1 +\n 2\n%}', End: true } })],
    ['an expression without blanks', machine({ A: { Type: 'Pass', Output: '{%1%}', End: true } })],
    ['a literal condition', machine({ A: { Type: 'Choice', Choices: [{ Condition: true, Next: 'B' }] }, B: end })],
    [
      'literal items',
      machine({
        A: { Type: 'Map', Items: [1, '{% 2 %}'], ItemProcessor: { StartAt: 'B', States: { B: end } }, End: true },
      }),
    ],
    ['a timeout by expression', machine({ A: lambda({ TimeoutSeconds: '{% 5 %}', HeartbeatSeconds: 4 }) })],
    ['an explicit language', machine({ A: { ...end, QueryLanguage: 'JSONata' } })],
    ['arguments as one expression', machine({ A: lambda({ Arguments: '{% $states.input %}' }) })],
  ])('%s', (_, definition) => {
    expect(check(definition)).toEqual({ definition, diagnostics: [] })
    expect(reviewDefinition(JSON.stringify(definition))).toEqual({ definition, diagnostics: [] })
  })
})

describe('a definition is refused, with its place', () => {
  it.each<[string, JsonObject, string]>([
    ['JSONPath for the machine', { StartAt: 'A', States: { A: end } }, '/ '],
    [
      'JSONPath for a state',
      machine({ A: { ...end, QueryLanguage: 'JSONPath' } }),
      "/States/A 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
    ],
    ['a JSONPath field', machine({ A: { Type: 'Pass', InputPath: '$', End: true } }), '/States/A/InputPath'],
    ['an unknown field', machine({ A: { Type: 'Pass', Reslt: 1, End: true } }), '/States/A/Reslt'],
    ['credentials', machine({ A: lambda({ Credentials: { RoleArn: 'r' } }) }), '/States/A/Credentials'],
    ['an unknown state type', machine({ A: { Type: 'Loop', End: true } }), '/States/A'],
    [
      'an activity',
      machine({ A: lambda({ Resource: 'arn:aws:states:eu-west-1:000000000000:activity:a' }) }),
      '/States/A/Resource',
    ],
    [
      'another integration',
      machine({ A: lambda({ Resource: 'arn:aws:states:::dynamodb:putItem' }) }),
      '/States/A/Resource',
    ],
    [
      '.sync without :2',
      machine({ A: lambda({ Resource: 'arn:aws:states:::states:startExecution.sync' }) }),
      '/States/A/Resource',
    ],
    [
      'an argument that the service does not have',
      machine({ A: lambda({ Arguments: { FunctionName: 'f', Payloat: 1 } }) }),
      "/States/A/Arguments The field 'Payloat'",
    ],
    [
      'an asynchronous invocation',
      machine({ A: lambda({ Arguments: { FunctionName: 'f', InvocationType: 'Event' } }) }),
      '/States/A/Arguments/InvocationType',
    ],
    [
      'a missing argument',
      machine({ A: lambda({ Arguments: { Payload: 1 } }) }),
      "/States/A/Arguments The field 'FunctionName' is required",
    ],
    [
      'a distributed Map',
      machine({
        A: {
          Type: 'Map',
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'B',
            States: { B: end },
          },
          End: true,
        },
      }),
      '/States/A/ItemProcessor/ProcessorConfig',
    ],
    [
      'a tolerance on an inline Map',
      machine({
        A: { Type: 'Map', ToleratedFailureCount: 1, ItemProcessor: { StartAt: 'B', States: { B: end } }, End: true },
      }),
      '/States/A/ToleratedFailureCount',
    ],
    [
      'States.ALL before others',
      machine({ A: lambda({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['X'] }] }) }),
      '/States/A/Retry[0]/ErrorEquals',
    ],
    [
      'States.ALL beside others',
      machine({ A: lambda({ Catch: [{ ErrorEquals: ['X', 'States.ALL'], Next: 'B' }] }), B: end }),
      '/States/A/Catch[0]/ErrorEquals',
    ],
    [
      'a heartbeat as long as the timeout',
      machine({ A: lambda({ TimeoutSeconds: 5, HeartbeatSeconds: 5 }) }),
      '/States/A HeartbeatSeconds',
    ],
    [
      'a backoff below 1',
      machine({ A: lambda({ Retry: [{ ErrorEquals: ['X'], BackoffRate: 0.5 }] }) }),
      '/States/A/Retry[0]/BackoffRate',
    ],
    [
      'a ceiling below the interval',
      machine({ A: lambda({ Retry: [{ ErrorEquals: ['X'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] }) }),
      '/States/A/Retry[0] MaxDelaySeconds',
    ],
    ['a missing next state', machine({ A: { Type: 'Pass', Next: 'Z' } }), '/States/A/Next'],
    [
      'a next state on another level',
      machine({
        A: { Type: 'Parallel', Branches: [{ StartAt: 'B', States: { B: { Type: 'Pass', Next: 'C' } } }], Next: 'C' },
        C: end,
      }),
      '/States/A/Branches[0]/States/B/Next',
    ],
    ['an unreachable state', machine({ A: end, B: end }), '/States/B'],
    [
      'a name used twice',
      machine({ A: { Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: end } }], End: true } }),
      '/States/A/Branches[0]/States/A',
    ],
    ['a loop without an end', machine({ A: { Type: 'Pass', Next: 'A' } }), '/ No state ends'],
    ['both Next and End', machine({ A: { Type: 'Pass', Next: 'B', End: true }, B: end }), '/States/A Exactly one of'],
    ['neither Seconds nor Timestamp', machine({ A: { Type: 'Wait', End: true } }), '/States/A Exactly one of'],
    [
      'a timestamp that is none',
      machine({ W: { Type: 'Wait', Timestamp: '2030-01-01', End: true } }),
      '/States/W/Timestamp String does not match RFC3339 timestamp',
    ],
    ['a negative wait', machine({ W: { Type: 'Wait', Seconds: -1, End: true } }), '/States/W/Seconds'],
    [
      'a broken expression',
      machine({ A: { Type: 'Pass', Output: { x: ['{% ( %}'] }, End: true } }),
      '/States/A/Output/x[0]',
    ],
    [
      'an operator that JSONata 2.0.6 does not have',
      machine({ A: { Type: 'Pass', Output: '{% 1 ?? 2 %}', End: true } }),
      '/States/A/Output',
    ],
    [
      '$eval',
      machine({ A: { Type: 'Pass', Output: "{% $eval('1') %}", End: true } }),
      '/States/A/Output The function $eval',
    ],
    [
      'an outer variable assigned inside',
      machine({
        A: { Type: 'Pass', Assign: { v: 1 }, Next: 'M' },
        M: {
          Type: 'Map',
          Items: [],
          ItemProcessor: { StartAt: 'B', States: { B: { Type: 'Pass', Assign: { v: 2 }, End: true } } },
          End: true,
        },
      }),
      '/States/M/ItemProcessor/States/B/Assign/v',
    ],
    [
      'a variable named states',
      machine({ A: { Type: 'Pass', Assign: { states: 1 }, End: true } }),
      '/States/A/Assign/states',
    ],
    [
      'a variable that begins with a digit',
      machine({ A: { Type: 'Pass', Assign: { '1a': 1 }, End: true } }),
      '/States/A/Assign/1a',
    ],
    ['Assign in Succeed', machine({ A: { Type: 'Succeed', Assign: { a: 1 } } }), '/States/A/Assign'],
  ])('%s', (_, definition, expected) => {
    const errors = findings(definition, 'ERROR')
    expect(
      errors.some((error) => error.includes(` ${expected}`)),
      errors.join('\n'),
    ).toBe(true)
    expect(check(definition).definition).toBeNull()
  })

  it('when it is larger than 1 MB, not JSON, or not an object', () => {
    expect(validateDefinition(JSON.stringify(machine({ A: { ...end, Comment: 'x'.repeat(2 ** 20) } })))).toMatchObject({
      definition: null,
      diagnostics: [{ message: 'The definition is larger than 1 MB' }],
    })
    expect(validateDefinition('[1,')).toMatchObject({ diagnostics: [{ code: 'INVALID_JSON_DESCRIPTION' }] })
    expect(validateDefinition('[]')).toMatchObject({
      diagnostics: [{ message: 'Definition must be a valid JSON object' }],
    })
  })
})

describe('a definition that runs but is doubtful gets a warning', () => {
  const token = (body: Json): JsonObject =>
    machine({
      A: lambda({
        Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
        Arguments: { QueueUrl: 'q', MessageBody: body },
      }),
    })

  it('for a variable that nobody assigns, but not for what an expression binds itself', () => {
    const output = (source: string): JsonObject =>
      machine({ A: { Type: 'Pass', Output: `{% ${source} %}`, End: true } })
    expect(findings(output('$typo + 1'), 'WARNING')).toEqual([
      'UNDEFINED_VARIABLE /States/A/Output The variable $typo is not assigned anywhere',
    ])
    expect(findings(output('($f := function($x){$x + 1}; $map([1], $f))'), 'WARNING')).toEqual([])
    expect(findings(output('$states.input.list@$l#$i.{"l": $l, "i": $i, "now": $now()}'), 'WARNING')).toEqual([])
  })

  it('for a task token that is not handed out', () => {
    expect(findings(token({ a: 1 }), 'WARNING')).toEqual([expect.stringContaining('TASK_TOKEN_NOT_USED')])
    expect(findings(token({ a: '{% $states.context.Task.Token %}' }), 'WARNING')).toEqual([])
  })
})
