import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  type Bench,
  callingStates,
  describeChain,
  describePassing,
  describeStuck,
  type Lasting,
  lasting,
  openBench,
  passing,
} from './test/failure-table.ts'

const kinds = Object.keys(lasting) as Lasting[]
/** The failure of a state changes from state to state; the whole table has every failure at every state. */
const diagonal = (index: number): Lasting => kinds[index % kinds.length] ?? 'cut'

describeChain({ name: 'another way at each state', workflow: 'create-cluster-infra', fault: diagonal })
describeChain({ name: 'another way at each state', workflow: 'remove-cluster-infra', fault: (at) => diagonal(at + 2) })
describePassing('throttled', ['create-cluster-infra'])
describeStuck({ state: 'CheckMetricsDatabase', image: 'victoria-metrics', named: 'Deployment metrics/cluster-metrics' })

let bench: Bench

describe('the secrets of a kubeconfig', () => {
  afterEach(() => bench.close())

  it('reach no task, state, history, row or log, in success and in failure', async () => {
    const secrets: string[] = ['canary']
    bench = await openBench((cluster) => {
      const given = parse(cluster.kubeconfig()) as ReturnType<typeof withCanaries>
      for (const text of Object.values(given.users[0]?.user ?? {})) secrets.push(...bothForms(text))
      for (const text of bothForms(given.clusters[0]?.cluster['certificate-authority-data'] ?? '')) secrets.push(text)
      return withCanaries(given)
    })
    const tasks = [await bench.run('create-cluster-infra')]
    bench.failDuring('InstallController', () => ({ kind: 'status', status: 403, message: 'the server says canary' }))
    tasks.push(await bench.run('create-cluster-infra'))
    bench.heal()
    tasks.push(await bench.run('remove-cluster-infra'))
    expect(tasks.map(({ task_status }) => task_status)).toEqual(['completed', 'failed', 'completed'])

    const kept = await bench.w.everything()
    const shown = JSON.stringify(tasks)
    expect(secrets.length).toBeGreaterThan(5)
    for (const secret of secrets) {
      expect(shown).not.toContain(secret)
      // What an API server says is kept for the log alone.
      expect(secret === 'canary' ? kept.replaceAll('the server says canary', '') : kept).not.toContain(secret)
    }
    expect(bench.w.vault.all()).toEqual([])
  })
})

interface KubeconfigDocument {
  clusters: { name: string; cluster: Record<string, string> }[]
  users: { name: string; user: Record<string, string> }[]
  contexts: { name: string; context: Record<string, string> }[]
  'current-context': string
}

/** The same way into the cluster, with a canary wherever a text may stand. */
const withCanaries = (given: KubeconfigDocument) => ({
  ...given,
  'current-context': 'canary-context',
  preferences: { colors: 'canary-preference' },
  extensions: [{ name: 'canary-extension', extension: { note: 'canary-note' } }],
  clusters: given.clusters.map(({ cluster }) => ({ name: 'canary-cluster', cluster })),
  users: given.users.map(({ user }) => ({ name: 'canary-user', user })),
  contexts: [
    { name: 'canary-context', context: { cluster: 'canary-cluster', user: 'canary-user', namespace: 'canary' } },
  ],
})

/** A base64 text, and a line out of the middle of what it stands for. */
function bothForms(base64: string): string[] {
  const lines = Buffer.from(base64, 'base64').toString('utf8').split('\n')
  return [base64, lines[Math.floor(lines.length / 2)] ?? ''].filter((text) => text.length > 20)
}

describe('the failure table', () => {
  it('is as large as the definitions are', () => {
    const [create, remove] = [
      callingStates('create-cluster-infra').length,
      callingStates('remove-cluster-infra').length,
    ]
    const whole = (create + remove) * (kinds.length + Object.keys(passing).length)
    process.stdout.write(
      `failure table: ${create + remove} states, ${whole} cases in whole, ${create + remove} of them here\n`,
    )
    expect([create, remove]).toEqual([11, 3])
  })
})
