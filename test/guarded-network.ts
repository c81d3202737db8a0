import type { JsonObject } from '@gridgate/core/json'
import { PolicyUri, toPolicy } from '@gridgate/core/policy/policy'
import type { Needs } from '@gridgate/core/ports'

/** What a scripted policy answers: the input to go on with, a denial's reason, or a failure's code. */
export type Script = (
  input: JsonObject,
) => { input: JsonObject } | { denied: string } | { failed: 'policy.timeout' | 'policy.crashed' }

/** Policies that are functions of this process, for tests of what is guarded; and what they were asked. */
export interface ScriptedPolicies {
  ports: Needs<'policyMaps' | 'policies' | 'policyContexts' | 'decisions' | 'engine'>
  asked: { action: string; input: JsonObject }[]
}

/** A network that guards these actions, each by one policy `<action>:1.0-test`. */
export function scriptedPolicies(scripts: Readonly<Record<string, Script>> = {}): ScriptedPolicies {
  const asked: ScriptedPolicies['asked'] = []
  const named = (action: string): string => `${action}:1.0-test`
  const unused = (): never => {
    throw new Error('not scripted')
  }
  return {
    asked,
    ports: {
      policyMaps: {
        read: async () => ({
          map: Object.fromEntries(
            Object.keys(scripts).map((action) => [action, { policyRuleURI: PolicyUri.parse(named(action)) }]),
          ),
          version: 1,
        }),
        replace: unused,
      },
      policies: {
        find: async (uri) => {
          const policy = toPolicy({
            name: uri.split(':')[0] ?? '',
            version: '1.0',
            release_tag: 'test',
            code: 'pass\n',
          })
          return { policy: { ...policy, policy_rule_uri: PolicyUri.parse(uri), code_digest: uri }, version: 1 }
        },
        code: async (_, digest) => ({ digest, kind: 'source', data: '' }),
        create: unused,
        replace: unused,
        remove: unused,
        list: unused,
      },
      policyContexts: { read: async () => ({ json: '{}', version: 0 }), replace: async () => true },
      decisions: { append: async () => {}, find: unused, list: unused },
      engine: {
        async evaluate({ code, inputJson, contextJson }) {
          const action = code.digest.split(':')[0] ?? ''
          const input = JSON.parse(inputJson) as JsonObject
          asked.push({ action, input })
          const said = scripts[action]?.(structuredClone(input)) ?? unused()
          const ran = { contextJson, log: '', durationMs: 1 }
          if ('failed' in said)
            return { ok: false, code: said.failed, message: 'scripted', line: null, log: '', durationMs: 1 }
          return 'denied' in said
            ? { ok: true, allowed: false, inputDataJson: JSON.stringify(said.denied), ...ran }
            : { ok: true, allowed: true, inputDataJson: JSON.stringify(said.input), ...ran }
        },
        manage: unused,
        inspect: unused,
      },
    },
  }
}
