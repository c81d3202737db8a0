import { type EndpointRow, row } from '@gridgate/http/manifest-row'
import { actionPorts, intakePorts, preCheckPorts, rulePorts } from './ports.ts'

/** The rows of failover: actions, settings, rules and the intake of alarms. */
export const failoverEndpoints: readonly EndpointRow[] = [
  row('actions/request', 'requestFailover', 'POST /actions', 'cluster-manager:body', actionPorts),
  row('actions/list', 'listFailovers', 'GET /actions', 'viewer:list', ['actions.list']),
  row('actions/read', 'readFailover', 'GET /actions/{id}', 'viewer:thing', ['actions', 'tasks']),
  row('actions/cancel', 'cancelFailover', 'POST /actions/{id}/cancel', 'cluster-manager:thing', [
    ...['actions.read', 'tasks.read', 'tasks.advance', 'trail'],
    'clock',
    'log',
  ]),
  row('failover/settings-read', 'showSettings', 'GET /clusters/{cluster_id}/failover', 'viewer', [
    ...['failoverSettings', 'histories', 'tasks', 'clusters', 'clock'],
  ]),
  row('failover/settings-update', 'changeSettings', 'PUT /clusters/{cluster_id}/failover', 'cluster-manager', [
    ...['actions.list', 'failoverSettings.read', 'failoverSettings.write', 'calendar', 'clusters.read', 'trail'],
    ...preCheckPorts,
  ]),
  row('failover/cordons', 'listCordons', 'GET /clusters/{cluster_id}/cordons', 'viewer', [
    ...['clusters', 'controllers', 'tasks', 'clock'],
  ]),
  row('failover/network-read', 'showNetwork', 'GET /failover', 'viewer', ['failoverSettings', 'clock']),
  row('failover/metrics', 'showMetrics', 'GET /failover/metrics', 'viewer:list', [
    ...['counters', 'failoverSettings', 'histories', 'tasks.read', 'tasks.open', 'clock'],
  ]),
  row('failover/network-update', 'changeNetwork', 'PUT /failover', 'network-admin', [
    ...['failoverSettings.read', 'failoverSettings.network', 'trail', 'clock', 'log'],
  ]),
  row('alarms/receive-eventbridge', 'receiveEventBridge', 'POST /alarms/eventbridge', 'service', [
    ...['alarmTrust', ...intakePorts],
  ]),
  row('alarms/receive-alertmanager', 'receiveAlertmanager', 'POST /alarms/alertmanager', 'service', intakePorts),
  row('alarms/receive-sns', 'receiveSns', 'POST /alarms/sns', 'anyone', ['alarmTrust', ...intakePorts]),
  row('alarms/receive-webhook', 'receiveWebhook', 'POST /alarms/webhook', 'anyone', [
    ...['alarmTrust', 'webhookSecrets.open', ...intakePorts],
  ]),
  row('alarms/list', 'getAlarms', 'GET /alarms/events', 'viewer:list', ['alarms.list']),
  row('alarms/read', 'getAlarm', 'GET /alarms/events/{event_id}', 'viewer:thing', ['alarms']),
  row('alarms/list-dead-letters', 'getDeadAlarms', 'GET /alarms/dead-letters', 'network-admin', ['deadAlarms.list']),
  row('alarms/replay-dead-letter', 'replayAlarm', 'POST /alarms/dead-letters/{id}/replay', 'network-admin', [
    ...['deadAlarms.read', 'deadAlarms.remove', 'alarmQueue', 'log'],
  ]),
  row('failover/rule-create', 'addRule', 'POST /failover-rules', 'cluster-manager:body', [
    ...['failoverRules.list', 'failoverRules.write', ...rulePorts],
  ]),
  row('failover/rule-list', 'getRules', 'GET /failover-rules', 'viewer:list', ['failoverRules.list']),
  row('failover/rule-read', 'showRule', 'GET /failover-rules/{name}', 'viewer:thing', ['failoverRules']),
  row('failover/rule-update', 'changeRule', 'PUT /failover-rules/{name}', 'cluster-manager:thing', [
    ...['failoverRules.read', 'failoverRules.write', ...rulePorts],
  ]),
  row('failover/rule-delete', 'deleteRule', 'DELETE /failover-rules/{name}', 'cluster-manager:thing', [
    ...['failoverRules.read', 'failoverRules.remove', 'trail'],
  ]),
  row(
    'failover/rule-test',
    'tryRules',
    'POST /failover-rules/test',
    'cluster-manager:body',
    [
      ...['actions.read', 'failoverRules.list', 'alarms.read', 'alarmWatches.read', 'clusters.read', 'controllers'],
      ...['clock', 'log'],
    ],
    { isAudited: false },
  ),
  row('webhook-secrets/create', 'addWebhookSecret', 'POST /webhook-secrets', 'network-admin', [
    ...['webhookSecrets.read', 'webhookSecrets.write', 'trail', 'clock', 'ids'],
  ]),
  row('webhook-secrets/list', 'getWebhookSecrets', 'GET /webhook-secrets', 'network-admin', ['webhookSecrets']),
  row('webhook-secrets/delete', 'deleteWebhookSecret', 'DELETE /webhook-secrets/{secret_id}', 'network-admin', [
    ...['webhookSecrets.remove', 'trail'],
  ]),
]
