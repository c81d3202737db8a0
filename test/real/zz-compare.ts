import { startControlPlane } from '/work/main/test/real/control-plane/start-control-plane.ts'
import { Client } from '/work/main/packages/kube/contract/client.ts'
import { findPrograms } from '/work/main/test/real/programs/find-programs.ts'
import { startTestCluster } from '/work/main/packages/local/src/kube/test-cluster.ts'
import { objectPath } from '/work/main/packages/kube/src/kinds.ts'
import { referenceOf } from '/work/main/packages/kube/src/object.ts'
import { applyAll } from '/work/main/packages/kube/src/apply.ts'
import { openClient } from '/work/main/packages/kube/src/client.ts'
import { sanitise } from '/work/main/packages/kube/src/kubeconfig.ts'
import { objectsFor } from '/work/main/packages/kube/src/components/objects-for.ts'
import { defaultImages } from '/work/main/packages/kube/src/components/infra-config.ts'
const p = await startControlPlane(await findPrograms(console.log))
const sim = await startTestCluster()
const R = new Client(p), S = sim.client
const j = (b: any) => typeof b === 'string' ? JSON.parse(b) : b
function diff(path: string, a: any, b: any, out: string[]) {
  if (JSON.stringify(a) === JSON.stringify(b)) return
  if (a && b && typeof a === 'object' && typeof b === 'object' && Array.isArray(a) === Array.isArray(b)) {
    for (const k of new Set([...Object.keys(a), ...Object.keys(b)])) diff(`${path}.${k}`, a[k], b[k], out)
    return
  }
  out.push(`${path}: real=${JSON.stringify(a)?.slice(0,200)} sim=${JSON.stringify(b)?.slice(0,200)}`)
}
try {
  const sg = (await S.get('/apis')).body.groups, rg = (await R.get('/apis')).body.groups
  console.log('groups missing in sim', rg.map((g: any) => g.name).filter((n: string) => !sg.some((g: any) => g.name === n)))
  console.log('groups only in sim', sg.map((g: any) => g.name).filter((n: string) => !rg.some((g: any) => g.name === n)))
  const gvs = ['v1', ...sg.flatMap((g: any) => g.versions.map((v: any) => v.groupVersion))]
  for (const gv of gvs) {
    const path = gv === 'v1' ? '/api/v1' : `/apis/${gv}`
    const s = (await S.get(path)).body.resources, r = ((await R.get(path)).body.resources ?? [])
    const by = (list: any[]) => Object.fromEntries(list.map((x: any) => { const { storageVersionHash, verbs, ...o } = x; return [x.name, { ...o, verbs: [...verbs].sort() }] }))
    const rs = by(r), ss = by(s)
    for (const name of Object.keys(ss)) {
      if (!rs[name]) { console.log(gv, name, 'only in sim'); continue }
      const out: string[] = []; diff(`${gv} ${name}`, rs[name], ss[name], out); out.forEach((l) => console.log(l))
    }
    console.log(gv, 'missing in sim:', Object.keys(rs).filter((n) => !ss[n]).join(' '))
    for (const name of Object.keys(ss)) {
      if (name.includes('/') || !ss[name].verbs.includes('list') || !rs[name]) continue
      const q = `${path}/${name}`
      const a = await R.get(`${q}?fieldSelector=data.a%3D1`), b = await S.get(`${q}?fieldSelector=data.a%3D1`)
      if (a.body.message !== b.body.message) console.log('FIELD', q, a.status, a.body.message, '|', b.status, b.body.message)
      const t = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
      const ta = await R.get(q, t), tb = await S.get(q, t)
      const cols = (x: any) => (x.columnDefinitions ?? []).map((c: any) => `${c.name}:${c.type}:${c.priority}`).join(' ')
      if (cols(ta.body) !== cols(tb.body)) console.log('TABLE', q, '\n   real', cols(ta.body), '\n   sim ', cols(tb.body))
    }
  }
  const all = (exposure: any, storage: any) => objectsFor({ id: 'west-1', publicHostname: 'x.example.net', collectIntervalSeconds: 30, exposure }, { images: defaultImages, storage, retentionDays: 7, gatewayKeys: [], gatewayUrl: 'https://g.example.net', services: {}, gpuNodeLabel: { 'nvidia.com/gpu.present': 'true' } }).flatMap((x) => x.objects)
  const kr = openClient(sanitise(p.kubeconfig), { checkAddress: () => undefined }), ks = openClient(sanitise(sim.cluster.kubeconfig()), { checkAddress: () => undefined })
  const seen = new Set<string>()
  for (const exposure of [{ kind: 'node-port' }, { kind: 'mapping', apiVersion: 'getambassador.io/v3alpha1' }, { kind: 'http-route', gateway: { namespace: 'default', name: 'g' } }] as any[]) {
    const objects = all(exposure, { kind: 'persistent', gibibytes: 1 })
    for (const k of [kr, ks]) await applyAll(k, 'west-1', objects)
    await new Promise((r) => setTimeout(r, 4000))
    for (const o of objects) {
      const path = objectPath(referenceOf(o))
      const norm = (x: any): any => JSON.parse(JSON.stringify(x, (k, v) => ['uid', 'resourceVersion', 'creationTimestamp', 'time', 'lastTransitionTime', 'lastUpdateTime', 'clusterIP', 'clusterIPs', 'selfLink'].includes(k) ? `<${k}>` : v))
      const sortKeys = (x: any): any => Array.isArray(x) ? x.map(sortKeys) : x && typeof x === 'object' ? Object.fromEntries(Object.keys(x).sort().map((k) => [k, sortKeys(x[k])])) : x
      const clean = (x: any) => { const y = sortKeys(norm(x)); y.metadata.managedFields = Object.fromEntries((y.metadata.managedFields ?? []).map((m: any) => [`${m.manager} ${m.operation} ${m.subresource ?? ''}`, m])); return y }
      const out: string[] = []
      diff(path, clean((await R.get(path)).body), clean((await S.get(path)).body), out)
      for (const line of out) if (!seen.has(line)) { seen.add(line); console.log(line) }
    }
  }
  // custom resource without kind
  const cr = '/apis/jobset.x-k8s.io/v1alpha2/namespaces/default/jobsets'
  for (const c of [R, S]) { const a = await c.post(cr, { metadata: { name: 'x' } }); console.log('CR without kind', a.status, a.body.message) }
  // derived labels
  for (const [n, c] of [['real', R], ['sim', S]] as any) for (const q of ['/apis/discovery.k8s.io/v1/endpointslices', '/api/v1/endpoints', '/apis/apps/v1/controllerrevisions', '/apis/apps/v1/replicasets', '/api/v1/pods', '/api/v1/persistentvolumes']) {
    const items = (await c.get(q)).body.items ?? []
    for (const i of items) console.log(n, q.split('/').at(-1), i.metadata.name.replace(/-[a-z0-9]{5,10}(-[a-z0-9]{5})?$/, '-X'), JSON.stringify(i.metadata.labels))
  }
  kr.close(); ks.close()
} finally { R.close(); await sim.stop(); await p.stop() }
