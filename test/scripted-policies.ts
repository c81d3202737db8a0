import type { JsonObject } from '@gridgate/core/json'
import type { PolicyFailureCode } from '@gridgate/core/policy/engine'

/** What a policy's eval is given. */
export interface Call {
  parameters: JsonObject
  settings: JsonObject
  input: JsonObject
  context: JsonObject
}

/** A failure of a scripted policy. */
export class ScriptedFailure extends Error {
  readonly code: PolicyFailureCode
  readonly line: number | null

  constructor(code: PolicyFailureCode, message: string, line: number | null = null) {
    super(message)
    this.code = code
    this.line = line
  }
}

/** A policy twice: as it is written, and what the scripted engine does in its place. Both keep the same promises (engine-contract). */
export interface ScriptedPolicy {
  source: string
  eval(call: Call): unknown
  manage?(action: string, data: JsonObject, context: JsonObject): unknown
}

const policyWith = (lines: string[], more: string[] = []): string =>
  [
    'class AIOSv1PolicyRule:',
    '    def __init__(self, rule_id, settings, parameters):',
    '        self.settings = settings',
    '',
    '    def eval(self, parameters, input_data, context):',
    ...lines.map((line) => `        ${line}`),
    ...more.map((line) => `    ${line}`),
    '',
  ].join('\n')

/** The policies that tests of the domain use. */
export const scripted = {
  admit: {
    source: policyWith(['return {"allowed": True, "input_data": input_data}']),
    eval: ({ input }) => ({ allowed: true, input_data: input }),
  },
  tally: {
    source: policyWith(
      ['context["runs"] = context.get("runs", 0) + 1', 'return {"allowed": True, "input_data": input_data}'],
      ['', 'def management(self, action, data, context):', '    context[action] = data["to"]', '    return None'],
    ),
    eval({ input, context }) {
      context.runs = Number(context.runs ?? 0) + 1
      return { allowed: true, input_data: input }
    },
  },
  deny: {
    source: policyWith(['return {"allowed": False, "input_data": "the quota is used up"}']),
    eval: () => ({ allowed: false, input_data: 'the quota is used up' }),
  },
  denyObject: {
    source: policyWith(['return {"allowed": False, "input_data": {"message": "not on Sundays", "day": 7}}']),
    eval: () => ({ allowed: false, input_data: { message: 'not on Sundays', day: 7 } }),
  },
  tag: {
    source: policyWith(['input_data["owner"] = "ops"', 'return {"allowed": True, "input_data": input_data}']),
    eval({ input }) {
      input.owner = 'ops'
      return { allowed: true, input_data: input }
    },
  },
  echoArguments: {
    source: policyWith([
      'parameters["own"] = True',
      'return {"allowed": True, "input_data": {"parameters": parameters, "settings": self.settings}}',
    ]),
    eval: ({ parameters, settings }) => ({
      allowed: true,
      input_data: { parameters: { ...parameters, own: true }, settings },
    }),
  },
  count: {
    source: policyWith(
      [
        'context["runs"] = context.get("runs", 0) + 1',
        'allowed = context["runs"] <= context.get("limit", 2)',
        'return {"allowed": allowed, "input_data": input_data if allowed else f"run {context[\'runs\']} is too many"}',
      ],
      [
        '',
        'def management(self, action, data, context):',
        '    context[action] = data["to"]',
        '    return {"now": data["to"]}',
      ],
    ),
    eval({ input, context }) {
      context.runs = Number(context.runs ?? 0) + 1
      const allowed = context.runs <= Number(context.limit ?? 2)
      return { allowed, input_data: allowed ? input : `run ${context.runs} is too many` }
    },
    manage(action, data, context) {
      context[action] = data.to ?? null
      return { now: data.to ?? null }
    },
  },
  chatty: {
    source: policyWith(['print("asked")', 'return {"allowed": True, "input_data": input_data}']),
    eval: ({ input }) => ({ allowed: true, input_data: input }),
  },
  raise: {
    source: policyWith(['return input_data["missing"]']),
    eval() {
      throw new ScriptedFailure('policy.crashed', "KeyError: 'missing'", 6)
    },
  },
  spin: {
    source: policyWith(['while True:', '    pass']),
    eval() {
      throw new ScriptedFailure('policy.timeout', 'took too long')
    },
  },
  hoard: {
    source: policyWith(['return bytearray(10**9)']),
    eval() {
      throw new ScriptedFailure('policy.out_of_memory', 'too much memory', 6)
    },
  },
  none: { source: policyWith(['return None']), eval: () => null },
  text: {
    source: policyWith(['return {"allowed": True, "input_data": "fine"}']),
    eval: () => ({ allowed: true, input_data: 'fine' }),
  },
  largeContext: {
    source: policyWith(['context["heap"] = "x" * 70000', 'return {"allowed": True, "input_data": input_data}']),
    eval({ input, context }) {
      context.heap = 'x'.repeat(70_000)
      return { allowed: true, input_data: input }
    },
  },
} as const satisfies Record<string, ScriptedPolicy>

/** What the policy prints, by its source. */
export const printed: ReadonlyMap<string, string> = new Map([[scripted.chatty.source, 'asked\n']])

/** Code that no engine takes: not Python, and Python without the class. */
export const broken = {
  syntax: 'class AIOSv1PolicyRule:\n    def eval(self, parameters, input_data, context)\n        return None\n',
  classless: 'import json\n\ndef eval(parameters, input_data, context):\n    return None\n',
}

/** Archives of `scripted.admit`-like code, in base64: plain, with a requirements.txt, and as tar.xz. */
export const archives = {
  zip: 'UEsDBBQAAAAIAAAAIWQpy5jBiQAAAM0AAAAQAAAAY29kZS9mdW5jdGlvbi5weU2MuwoCMRBF+3zFsJVCGtvtLK0UtQ9DMiuBMQnJZFcR/92IYrzdfR3LWApsd/vTvDlE9vZ+rEyjgiZHExjjgxdjVoV40pBbabzTUEjEh0vRkDDjlYRyWX9ub6VGVT8IzchfQF9r8CFVMQ4FNdgYhG7yh8gkNQd4DMgcF3LDCOdcScPQfy3r5qleUEsBAhQDFAAAAAgAAAAhZCnLmMGJAAAAzQAAABAAAAAAAAAAAAAAAIABAAAAAGNvZGUvZnVuY3Rpb24ucHlQSwUGAAAAAAEAAQA+AAAAtwAAAAAA',
  withRequirements:
    'UEsDBBQAAAAIAAAAIWQpy5jBiQAAAM0AAAAQAAAAY29kZS9mdW5jdGlvbi5weU2MuwoCMRBF+3zFsJVCGtvtLK0UtQ9DMiuBMQnJZFcR/92IYrzdfR3LWApsd/vTvDlE9vZ+rEyjgiZHExjjgxdjVoV40pBbabzTUEjEh0vRkDDjlYRyWX9ub6VGVT8IzchfQF9r8CFVMQ4FNdgYhG7yh8gkNQd4DMgcF3LDCOdcScPQfy3r5qleUEsDBBQAAAAIAAAAIWQz0YV5DgAAAAwAAAAVAAAAY29kZS9yZXF1aXJlbWVudHMudHh0K0otLE0tLim2tTXiAgBQSwECFAMUAAAACAAAACFkKcuYwYkAAADNAAAAEAAAAAAAAAAAAAAAgAEAAAAAY29kZS9mdW5jdGlvbi5weVBLAQIUAxQAAAAIAAAAIWQz0YV5DgAAAAwAAAAVAAAAAAAAAAAAAACAAbcAAABjb2RlL3JlcXVpcmVtZW50cy50eHRQSwUGAAAAAAIAAgCBAAAA+AAAAAAA',
  tarXz:
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AO1dADGbyLBT7lbwq0IOlODMa2stQg/JkLralVrD5XGwDtKvX30W7N2X03NQxbN3HHVW3u1s6QqS268kOtS7dEp+7jJn3MohvJUxDfToaKGtNQwUvFNM33Grs7l9cA384o2I6LtPktEgtwXyxAnNSXfS7vbUUtfGyvYZZGpduggQV5vBYALHqwJGjI83LP5379nlTxIdZl0XL/J/G5oi3cNWwGvB8EAC8xK0UlIbPc4Apl/0HzuAsbkkavc2wxPvuUvS8BaHGdOdmD78WLGBnUoFfPAKOJXoXxUEC3C3kchALaAHHAlqA3tQNcBK1NZzAAAAAAAyeyS0PtcTBAABiQKAUAAAJlrPAbHEZ/sCAAAAAARZWg==',
}
