import { createHash } from 'node:crypto'
import type { EvaluationRequest, PolicyCode } from '@gridgate/core/policy/engine'

/** Policy code as the registry pins it. */
export function codeOf(data: string, kind: PolicyCode['kind'] = 'source'): PolicyCode {
  const bytes = Buffer.from(data, kind === 'archive' ? 'base64' : 'utf8')
  return { digest: createHash('sha256').update(bytes).digest('hex'), kind, data }
}

/** The source of a policy from the lines of its `eval`, which begin at line 8. */
export function policyWith(...lines: string[]): string {
  return [
    'import json, os, sys, time',
    '',
    'class AIOSv1PolicyRule:',
    '    def __init__(self, rule_id, settings, parameters):',
    '        self.settings = settings',
    '',
    '    def eval(self, parameters, input_data, context):',
    ...lines.map((line) => `        ${line}`),
    '',
  ].join('\n')
}

/** The line that ends most policies here. */
export const admit = 'return {"allowed": True, "input_data": input_data}'

/** A request with everything that a test does not care for. */
export function requestOf(source: string, rest: Partial<EvaluationRequest> = {}): EvaluationRequest {
  const plain = { tenant: 'network', settings: {}, parameters: {}, inputJson: '{}', contextJson: '{}' }
  return { ...plain, code: codeOf(source), ...rest }
}
