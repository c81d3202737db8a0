import { findRecord } from '@gridgate/core/alarm/action-desk'
import { RuleTest, RuleTrial, testRules } from '@gridgate/core/alarm/test-rules'
import type { Needs } from '@gridgate/core/ports'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

type TestPorts = Needs<
  'actions' | 'failoverRules' | 'alarms' | 'alarmWatches' | 'clusters' | 'controllers' | 'clock' | 'log'
>

/** POST /failover-rules/test: what an alarm would do now. Nothing is stored and nothing is done. */
export const tryRules = endpoint(
  post('/failover-rules/test', {
    operation: null,
    summary: 'Show what an alarm would do',
    access: 'cluster-manager',
    body: RuleTest,
    returns: z.array(RuleTrial),
    errors: ['alarm.invalid', 'cluster.not_found'],
  }),
  (ports: TestPorts, { body, caller }) => testRules<TestPorts>(ports, body, caller, { find: findRecord }),
)

export const handler = lambda(tryRules)
