import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCluster, type TestCluster } from './test-cluster.ts'

function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

interface Outcome {
  code: number
  out: string
  error: string
}

// Skipped where no kubectl is in PATH: the suite is about the real program, and `npm test` must not need it.
describe.skipIf(!hasKubectl())('the real kubectl', () => {
  let test: TestCluster
  beforeAll(async () => {
    test = await startTestCluster()
    writeFileSync(join(test.folder, 'config'), test.cluster.kubeconfig())
    writeFileSync(join(test.folder, 'config-token'), test.cluster.kubeconfig('admin-token'))
  })
  afterAll(() => test.stop())

  const kubectl = (args: string, input?: string, config = 'config'): Promise<Outcome> =>
    new Promise((resolve) => {
      const env = { ...process.env, KUBECONFIG: join(test.folder, config), KUBECACHEDIR: join(test.folder, 'cache') }
      const child = execFile('kubectl', args.split(' '), { env, timeout: 20_000 }, (error, out, text) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, error: text })
      })
      child.stdin?.end(input)
    })
  const settings = (value: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: default\ndata:\n  a: "${value}"\n`
  const web = JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } },
    },
  })

  it('logs in with a client certificate and with a token', async () => {
    expect((await kubectl('auth whoami')).out).toContain('kubernetes-admin')
    expect((await kubectl('get nodes -o name', undefined, 'config-token')).out).toBe(
      'node/gpu-node-1\nnode/gpu-node-2\nnode/gpu-node-3\n',
    )
  })

  it('shows nodes as tables, wide, JSON and YAML', async () => {
    expect((await kubectl('get nodes')).out).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\ngpu-node-1 +Ready/)
    expect((await kubectl('get nodes -o wide')).out).toContain('INTERNAL-IP')
    expect(JSON.parse((await kubectl('get node gpu-node-1 -o json')).out).status.capacity['nvidia.com/gpu']).toBe('8')
    expect((await kubectl('get node gpu-node-1 -o yaml')).out).toContain('kind: Node')
  })

  it('knows its resources and version', async () => {
    const { out } = await kubectl('api-resources')
    expect(out).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/)
    expect(out).toMatch(/jobsets +jobset\.x-k8s\.io\/v1alpha2 +true +JobSet/)
    expect((await kubectl('version')).out).toContain('Server Version: v1.')
  })

  it('applies server-side, meets the conflict of another manager, and takes over with force', async () => {
    expect((await kubectl('apply --server-side -f -', settings('1'))).out).toBe(
      'configmap/settings serverside-applied\n',
    )
    const refused = await kubectl('apply --server-side --field-manager=other -f -', settings('2'))
    expect([refused.code, refused.error]).toEqual([
      1,
      expect.stringContaining('Apply failed with 1 conflict: conflict with "kubectl": .data.a'),
    ])
    expect(
      (await kubectl('apply --server-side --field-manager=other --force-conflicts -f -', settings('2'))).code,
    ).toBe(0)
    expect((await kubectl('get cm settings -o jsonpath={.data.a}')).out).toBe('2')
  })

  it('applies from the client, and sees nothing to do the second time', async () => {
    expect((await kubectl('apply -f -', web)).out).toBe('deployment.apps/web created\n')
    expect((await kubectl('apply -f -', web)).out).toBe('deployment.apps/web unchanged\n')
    const bad = await kubectl('apply -f -', web.replace('"replicas"', '"replikas"'))
    expect(bad.error).toContain('unknown field "spec.replikas"')
    expect((await kubectl('rollout status deploy/web --timeout=15s')).out).toContain('successfully rolled out')
    expect((await kubectl('describe deploy web')).out).toContain('2 desired | 2 updated | 2 total | 2 available')
  })

  it('labels, annotates, cordons and uncordons', async () => {
    await kubectl('label node gpu-node-1 pool=a')
    await kubectl('annotate node gpu-node-1 note=b')
    await kubectl('cordon gpu-node-1')
    expect((await kubectl('get node gpu-node-1 -L pool')).out).toMatch(/Ready,SchedulingDisabled.* a\n/)
    await kubectl('uncordon gpu-node-1')
    expect((await kubectl('get node gpu-node-1')).out).not.toContain('SchedulingDisabled')
  })

  it('asks about rights, also in the name of others', async () => {
    expect((await kubectl('auth can-i create pods')).out).toBe('yes\n')
    expect((await kubectl('auth can-i create pods --as=system:serviceaccount:default:default')).out).toMatch(/^no/)
    const refused = await kubectl('get secrets --as=system:serviceaccount:default:default')
    expect(refused.error).toContain(
      'User "system:serviceaccount:default:default" cannot list resource "secrets" in API group "" in the namespace "default"',
    )
  })

  it('watches, waits, and deletes until the object is gone', async () => {
    const watching = kubectl('get configmaps -w --request-timeout=2s')
    await kubectl('create configmap seen --from-literal=a=b')
    expect((await kubectl('delete configmap seen')).out).toContain('configmap "seen" deleted')
    expect((await watching).out).toContain('seen')
    await kubectl('create namespace brief')
    expect((await kubectl('delete namespace brief --timeout=15s')).code).toBe(0)
    expect((await kubectl('get namespace brief')).error).toContain('namespaces "brief" not found')
  })
})
