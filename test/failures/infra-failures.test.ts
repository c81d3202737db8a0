import {
  describeChain,
  describePassing,
  describeStuck,
  type Lasting,
  lasting,
  type Passing,
  passing,
} from '../../workflows/create-cluster-infra/test/failure-table.ts'

/** The whole failure table: every failure at every state of both infra workflows, on the wire. `npm test` runs a diagonal of it. */
const workflows = ['create-cluster-infra', 'remove-cluster-infra'] as const
for (const workflow of workflows)
  for (const kind of Object.keys(lasting) as Lasting[]) describeChain({ name: kind, workflow, fault: () => kind })
for (const kind of Object.keys(passing) as Passing[]) describePassing(kind, workflows)
describeStuck({ state: 'CheckMetricsDatabase', image: 'victoria-metrics', named: 'Deployment metrics/cluster-metrics' })
describeStuck({ state: 'CheckServices', image: 'vmagent', named: 'Deployment metrics/metrics-writer' })
describeStuck({ state: 'CheckServices', image: 'node-exporter', named: 'DaemonSet metrics/metrics-collector' })
describeStuck({
  state: 'CheckServices',
  image: 'gridgate/controller',
  named: 'Deployment controllers/west-1-controller',
})
