import { beforeAll, describe, expect, it } from 'vitest'
import type { KubectlGround } from './kubectl-contract.ts'

/** Longest that one promise may take on a slow machine, in milliseconds. */
const promiseMsMax = 60_000

/** Reading, writing, waiting and asking. */
export function kubectlObjectsContract(ground: KubectlGround): void {
  describe('objects', { timeout: promiseMsMax }, () => {
    const run = (args: string, input?: string) => ground.kubectl.run(`-n ${ground.namespace} ${args}`, input)
    const settings = (value: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: "${value}"\n`

    beforeAll(async () => {
      await run('apply -f -', ground.deployment('web', 2))
      await run('rollout status deploy/web --timeout=50s')
    }, promiseMsMax)

    it('shows nodes as tables, wide, JSON and YAML', async () => {
      expect((await run('get nodes')).out).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready/)
      expect((await run('get nodes -o wide')).out).toContain('CONTAINER-RUNTIME')
      const { status } = JSON.parse((await run(`get node ${ground.node} -o json`)).out)
      expect(status.capacity['nvidia.com/gpu']).toBe('2')
      expect((await run(`get node ${ground.node} -o yaml`)).out).toContain('kind: Node')
    })

    it('knows its resources and version', async () => {
      const { out } = await run('api-resources')
      expect(out).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/)
      expect(out).toMatch(/jobsets +jobset\.x-k8s\.io\/v1alpha2 +true +JobSet/)
      expect((await run('version')).out).toContain('Server Version: v1.')
    })

    it('describes a node: its conditions, what it has, its pods with their requests, and its events', async () => {
      const { code, out, error } = await run(`describe node ${ground.node}`)
      expect([code, error]).toEqual([0, ''])
      expect(out).toMatch(/^ +MemoryPressure +False +.* KubeletHas/m)
      expect(out).toMatch(/^ +Ready +True +.* KubeletReady/m)
      expect(out).toMatch(/^Capacity:\n(?: .*\n)* +nvidia\.com\/gpu: +2$/m)
      expect(out).toMatch(/^Unschedulable: +false$/m)
      expect(out).toMatch(/^Taints: +contract\.example\.com\/kubectl=yes:NoSchedule$/m)
      expect(out).toContain('Non-terminated Pods:          (2 in total)')
      expect(out.match(new RegExp(`^ +${ground.namespace} +web-\\S+ +250m \\(6%\\)`, 'gm'))).toHaveLength(2)
      expect(out).toMatch(/^ +cpu +500m \(12%\)/m)
      expect(out).toMatch(/^Events:/m)
    })

    it('describes a pod: where it runs, whose it is, what it asks for, and what happened to it', async () => {
      const name = (await run('get pods -l app=web -o jsonpath={.items[0].metadata.name}')).out
      const { code, out, error } = await run(`describe pod ${name}`)
      expect([code, error]).toEqual([0, ''])
      expect(out).toMatch(new RegExp(`^Node: +${ground.node}/`, 'm'))
      expect(out).toMatch(/^Controlled By: +ReplicaSet\/web-/m)
      expect(out).toMatch(/^Status: +Running$/m)
      expect(out).toMatch(/^ +cpu: +250m$/m)
      expect(out).toMatch(/^ +Ready +True/m)
      expect(out).toMatch(/^ +PodScheduled +True/m)
      expect(out).toMatch(
        new RegExp(`Normal +Scheduled .*Successfully assigned ${ground.namespace}/${name} to ${ground.node}$`, 'm'),
      )
    })

    it('describes a Deployment: its replicas, its strategy, its ReplicaSet, and who scaled it', async () => {
      const { code, out, error } = await run('describe deployment web')
      expect([code, error]).toEqual([0, ''])
      expect(out).toContain('2 desired | 2 updated | 2 total | 2 available | 0 unavailable')
      expect(out).toMatch(/^StrategyType: +RollingUpdate$/m)
      expect(out).toMatch(/^ +Available +True +MinimumReplicasAvailable$/m)
      expect(out).toMatch(/^NewReplicaSet: +web-\w+ \(2\/2 replicas created\)$/m)
      expect(out).toMatch(/Normal +ScalingReplicaSet .*Scaled up replica set web-\w+ from 0 to 2$/m)
      expect((await run('describe replicaset -l app=web')).out).toMatch(/Normal +SuccessfulCreate .*Created pod: web-/)
    })

    it('applies from the client, and sees nothing to do the second time', async () => {
      const web = ground.deployment('web', 2)
      expect((await run('apply -f -', web)).out).toBe('deployment.apps/web unchanged\n')
      const bad = await run('apply -f -', web.replace('"replicas"', '"replikas"'))
      expect([bad.code, bad.error]).toEqual([1, expect.stringContaining('unknown field "spec.replikas"')])
      expect((await run('get deploy web -o jsonpath={.spec.replicas}')).out).toBe('2')
    })

    it('applies server-side, meets the conflict of another manager, and takes over with force', async () => {
      expect((await run('apply --server-side -f -', settings('1'))).out).toBe('configmap/settings serverside-applied\n')
      const refused = await run('apply --server-side --field-manager=other -f -', settings('2'))
      expect([refused.code, refused.error]).toEqual([
        1,
        expect.stringContaining('Apply failed with 1 conflict: conflict with "kubectl": .data.a'),
      ])
      expect((await run('get cm settings -o jsonpath={.data.a}')).out).toBe('1')
      const forced = await run('apply --server-side --field-manager=other --force-conflicts -f -', settings('2'))
      expect(forced.code).toBe(0)
      expect((await run('get cm settings -o jsonpath={.data.a}')).out).toBe('2')
    })

    it('labels, and finds by label', async () => {
      await run('create configmap marked --from-literal=a=b')
      expect((await run('label configmap marked pool=a')).out).toBe('configmap/marked labeled\n')
      expect((await run('get configmap -l pool=a -o name')).out).toBe('configmap/marked\n')
      expect((await run('label configmap marked pool=b')).error).toContain("'pool' already has a value (a)")
      expect((await run('annotate configmap marked note=b')).out).toBe('configmap/marked annotated\n')
    })

    it('waits for conditions, and for what never comes no longer than it may', async () => {
      expect((await run('wait --for=condition=Available deploy/web --timeout=50s')).out).toBe(
        'deployment.apps/web condition met\n',
      )
      const late = await run('wait --for=condition=Never deploy/web --timeout=1s')
      expect([late.code, late.error]).toEqual([1, expect.stringContaining('timed out waiting for the condition')])
    })

    it('asks about rights, also in the name of others', async () => {
      const other = `--as=system:serviceaccount:${ground.namespace}:default`
      expect((await run('auth can-i create pods')).out).toBe('yes\n')
      const asked = await run(`auth can-i create pods ${other}`)
      expect([asked.code, asked.out]).toEqual([1, expect.stringMatching(/^no/)])
      expect((await run(`get secrets ${other}`)).error).toContain(
        `User "system:serviceaccount:${ground.namespace}:default" cannot list resource "secrets" in API group "" in the namespace "${ground.namespace}"`,
      )
    })

    it('watches, and deletes until the object is gone', async () => {
      await run('create configmap early --from-literal=a=b')
      const watching = ground.kubectl.start(`-n ${ground.namespace} get configmaps -w`)
      await watching.says('early')
      await run('create configmap seen --from-literal=a=b')
      await watching.says('seen ')
      watching.stop()
      expect((await run('delete configmap seen')).out).toContain('configmap "seen" deleted')
      expect((await run('get configmap seen')).error).toContain('configmaps "seen" not found')
      const brief = `${ground.namespace}-brief`
      await run(`create namespace ${brief}`)
      expect((await run(`delete namespace ${brief} --timeout=50s`)).code).toBe(0)
      expect((await run(`get namespace ${brief}`)).error).toContain(`namespaces "${brief}" not found`)
    })
  })
}
