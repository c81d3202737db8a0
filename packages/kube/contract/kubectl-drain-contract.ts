import { beforeAll, describe, expect, it } from 'vitest'
import type { KubectlGround } from './kubectl-contract.ts'

/** Longest that one promise may take on a slow machine, in milliseconds. */
const promiseMsMax = 90_000

/** Taking a node out of service and back. */
export function kubectlDrainContract(ground: KubectlGround): void {
  describe('nodes out of service', { timeout: promiseMsMax }, () => {
    const run = (args: string, input?: string) => ground.kubectl.run(`-n ${ground.namespace} ${args}`, input)
    const drain = 'drain --ignore-daemonsets --delete-emptydir-data'
    const podsOf = async (app: string): Promise<string[]> =>
      (await run(`get pods -l app=${app} --field-selector=spec.nodeName=${ground.node} -o name`)).out
        .split('\n')
        .filter((line) => line !== '')
        .sort()
    const isCordoned = async (): Promise<boolean> =>
      (await run(`get node ${ground.node}`)).out.includes('Ready,SchedulingDisabled')

    beforeAll(async () => {
      const { namespace, client } = ground
      const daemons = `/apis/apps/v1/namespaces/${namespace}/daemonsets`
      const spec = { selector: { matchLabels: { app: 'agent' } }, template: ground.template('agent') }
      await client.post(daemons, { metadata: { name: 'agent' }, spec })
      await client.until(`${daemons}/agent`, ({ body }) => body.status?.numberReady === 1)
      await run('apply -f -', ground.deployment('kept', 2, { volumes: [{ name: 'scratch', emptyDir: {} }] }))
      await run('rollout status deploy/kept --timeout=50s')
      await client.post(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
        metadata: { name: 'kept' },
        spec: { minAvailable: 2, selector: { matchLabels: { app: 'kept' } } },
      })
      await run('wait --for=jsonpath={.status.currentHealthy}=2 pdb/kept --timeout=50s')
    }, promiseMsMax)

    it('cordons a node and takes it back', async () => {
      expect((await run(`cordon ${ground.node}`)).out).toBe(`node/${ground.node} cordoned\n`)
      expect(await isCordoned()).toBe(true)
      expect((await run(`uncordon ${ground.node}`)).out).toBe(`node/${ground.node} uncordoned\n`)
      expect(await isCordoned()).toBe(false)
    })

    it('refuses to drain pods of DaemonSets, with local data or without a controller, and evicts nothing', async () => {
      const pod = { apiVersion: 'v1', kind: 'Pod', ...ground.template('bare') }
      const bare = { ...pod, metadata: { name: 'bare', labels: { app: 'bare' } } }
      await run('apply -f -', JSON.stringify(bare))
      await run('wait --for=condition=Ready pod/bare --timeout=50s')
      const before = [...(await podsOf('kept')), ...(await podsOf('agent'))]
      const refused = await run(`drain ${ground.node}`)
      expect(refused.code).toBe(1)
      expect(refused.error).toContain('cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)')
      expect(refused.error).toContain('cannot delete Pods with local storage (use --delete-emptydir-data to override)')
      expect(refused.error).toMatch(/cannot delete .*declare no controller \(use --force to override\)/)
      expect([...(await podsOf('kept')), ...(await podsOf('agent'))]).toEqual(before)
      expect(await podsOf('bare')).toEqual(['pod/bare'])
      expect((await run('delete pod bare --grace-period=0 --force')).code).toBe(0)
    })

    it('gives up after its time while a budget blocks, says so, and leaves the pods', async () => {
      const before = await podsOf('kept')
      const blocked = await run(`${drain} --pod-selector=app=kept ${ground.node} --timeout=6s`)
      expect(blocked.code).toBe(1)
      expect(blocked.error).toContain("Cannot evict pod as it would violate the pod's disruption budget.")
      expect(blocked.error).toContain('global timeout reached: 6s')
      expect(await podsOf('kept')).toEqual(before)
      expect(await isCordoned()).toBe(true)
    })

    it('tries again while a budget blocks, and ends when it yields; pods of DaemonSets stay', async () => {
      const [agents, kept] = [await podsOf('agent'), await podsOf('kept')]
      expect([agents.length, kept.length]).toEqual([1, 2])
      const draining = ground.kubectl.start(`${drain} ${ground.node} --timeout=60s`)
      await draining.says('will retry after 5s')
      await run('patch pdb kept --type=merge -p {"spec":{"minAvailable":0}}')
      const { code, out } = await draining.done
      expect(code).toBe(0)
      for (const pod of kept) expect(out).toContain(`${pod} evicted\n`)
      expect(out).toContain(`node/${ground.node} drained\n`)
      expect(await podsOf('agent')).toEqual(agents)
      expect(await podsOf('kept')).toEqual([])
      await run(`uncordon ${ground.node}`)
      await run('rollout status deploy/kept --timeout=50s')
      expect(await podsOf('kept')).toHaveLength(2)
    })
  })
}
