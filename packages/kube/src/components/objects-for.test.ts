import { readFileSync, writeFileSync } from 'node:fs'
import { infraParts } from '@gridgate/core/infra/infra-builder'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { kindOf } from '../kinds.ts'
import { type KubernetesObject, listAt, member, textAt } from '../object.ts'
import { requiredRights } from '../required-rights.ts'
import { addressProblems, defaultImages, type Exposure, type InfraCluster, type InfraConfig } from './infra-config.ts'
import { objectsFor, objectsOf } from './objects-for.ts'

const config: InfraConfig = {
  images: defaultImages,
  storage: { kind: 'persistent', gibibytes: 20, storageClass: 'standard' },
  retentionDays: 30,
  gatewayKeys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'k1' }],
  gatewayUrl: 'https://gateway.example.net',
  services: {
    global_cluster_metrics_redis_host: 'redis://203.0.113.5:30200/0',
    policy_db_url: 'http://203.0.113.5:30102',
    blocks_db_url: 'http://203.0.113.5:30100',
    cluster_db_url: 'http://203.0.113.5:30101',
    vdag_db_url: 'http://203.0.113.5:30103',
    vdag_controller_db_url: 'http://203.0.113.5:30103',
  },
  gpuNodeLabel: { 'nvidia.com/gpu.present': 'true' },
}

const cluster = (exposure: Exposure): InfraCluster => ({
  id: 'west-1',
  publicHostname: 'west-1.example.net',
  publicScheme: 'http',
  collectIntervalSeconds: 30,
  exposure,
})

const nodePort = cluster({ kind: 'node-port' })
const exposures: Exposure[] = [
  { kind: 'node-port' },
  { kind: 'mapping', apiVersion: 'getambassador.io/v3alpha1' },
  { kind: 'mapping', apiVersion: 'getambassador.io/v2' },
  { kind: 'http-route', gateway: { namespace: 'ingress', name: 'public' } },
]
const everything = exposures.flatMap((exposure) =>
  objectsFor(cluster(exposure), config).flatMap(({ objects }) => objects),
)

/** Compares with the file; `GOLDEN=write` writes it anew, for a person to review the difference. */
function matchesGolden(name: string, objects: readonly KubernetesObject[]): void {
  const file = new URL(`./golden/${name}.yaml`, import.meta.url)
  const text = objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n')
  if (process.env.GOLDEN === 'write') writeFileSync(file, text)
  expect(text).toBe(readFileSync(file, 'utf8'))
}

describe('the objects of a cluster', () => {
  it.each(infraParts.filter((part) => part !== 'exposure'))('are the reviewed ones: %s', (part) => {
    matchesGolden(part, objectsOf(part, nodePort, config))
  })

  it.each(
    exposures.map(
      (exposure) =>
        [
          exposure.kind === 'mapping' ? `mapping-${exposure.apiVersion.split('/')[1]}` : exposure.kind,
          exposure,
        ] as const,
    ),
  )('are the reviewed ones: exposure by %s', (name, exposure) => {
    matchesGolden(`exposure-${name}`, objectsOf('exposure', cluster(exposure), config))
  })

  it('keep metrics in the pod where storage is ephemeral', () => {
    const objects = objectsOf('metrics-database', nodePort, {
      ...config,
      storage: { kind: 'ephemeral', gibibytesMax: 5 },
    })
    expect(objects.map((object) => object.kind)).toEqual(['Deployment', 'Service'])
    expect(listAt(objects[0], 'spec', 'template', 'spec', 'volumes')).toEqual([
      { name: 'data', emptyDir: { sizeLimit: '5Gi' } },
    ])
  })

  it('are of known kinds, each named once, and within the rights that the preflight asks for', () => {
    for (const exposure of exposures) {
      const objects = objectsFor(cluster(exposure), config).flatMap((part) => part.objects)
      const names = objects.map((object) => `${object.kind} ${object.metadata.namespace} ${object.metadata.name}`)
      expect(new Set(names).size).toBe(names.length)
      const rights = new Set(
        requiredRights(exposure).map(({ verb, group, resource }) => `${verb} ${group}/${resource}`),
      )
      for (const object of objects) {
        const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : ''
        for (const verb of ['get', 'list', 'create', 'patch', 'delete'])
          expect(rights).toContain(`${verb} ${group}/${kindOf(object).plural}`)
      }
    }
  })

  it('keep names within a DNS label for the longest id', () => {
    const longest = { ...nodePort, id: 'c'.repeat(48) }
    for (const object of objectsFor(longest, config).flatMap((part) => part.objects)) {
      const isLabel = ['Service', 'Deployment', 'DaemonSet'].includes(object.kind)
      if (isLabel) expect(object.metadata.name.length).toBeLessThanOrEqual(63)
      for (const value of Object.values(object.metadata.labels ?? {})) expect(value.length).toBeLessThanOrEqual(63)
    }
  })
})

describe('containers', () => {
  const pods = everything
    .map((object) => member(object, 'spec', 'template', 'spec'))
    .filter((spec) => spec !== undefined)
  const containers = pods.flatMap((pod) => listAt(pod, 'containers'))

  it('are pinned by version, bounded, probed and without escalation', () => {
    expect(containers.length).toBeGreaterThan(0)
    for (const container of containers) {
      expect(textAt(container, 'image')).toMatch(/^[\w.-]+\/[\w./-]+:v?\d+\.\d+[\w.-]*$/)
      for (const path of [
        ['requests', 'cpu'],
        ['requests', 'memory'],
        ['limits', 'cpu'],
        ['limits', 'memory'],
      ])
        expect(textAt(container, 'resources', ...path)).toBeTruthy()
      expect(member(container, 'readinessProbe')).toBeTruthy()
      expect(member(container, 'livenessProbe')).toBeTruthy()
      expect(member(container, 'securityContext', 'allowPrivilegeEscalation')).toBe(false)
      expect(member(container, 'securityContext', 'privileged')).toBeUndefined()
      expect(listAt(container, 'securityContext', 'capabilities', 'drop')).toEqual(['ALL'])
    }
  })

  it('run under an account of their own and mount its token only where they call the API', () => {
    const callers = pods
      .filter((pod) => member(pod, 'automountServiceAccountToken') !== false)
      .map((pod) => textAt(pod, 'serviceAccountName'))
    expect([...new Set(callers)].sort()).toEqual(['gridgate-controller', 'metrics-writer'])
    for (const pod of pods) expect(textAt(pod, 'serviceAccountName')).not.toBe('default')
  })
})

describe('rights', () => {
  const roles = everything.filter((object) => object.kind === 'Role' || object.kind === 'ClusterRole')
  const rules = roles.flatMap((role) => listAt(role, 'rules').map((rule) => ({ role, rule })))

  it('have no wildcard and are bound to our accounts and roles only', () => {
    expect(JSON.stringify(rules)).not.toContain('*')
    for (const binding of everything.filter((object) => object.kind.endsWith('RoleBinding'))) {
      expect(textAt(binding, 'roleRef', 'name')).toMatch(/^gridgate-/)
      for (const subject of listAt(binding, 'subjects')) expect(textAt(subject, 'name')).not.toBe('default')
    }
  })

  it('reach secrets by name only', () => {
    for (const { rule } of rules.filter(({ rule }) => listAt(rule, 'resources').includes('secrets'))) {
      expect(listAt(rule, 'resourceNames').length).toBeGreaterThan(0)
      expect(listAt(rule, 'verbs')).not.toContain('list')
    }
  })

  it('do not let the controller grant itself more, or start pods outside blocks and vDAGs', () => {
    const writing = rules.filter(({ rule }) => listAt(rule, 'verbs').some((verb) => verb !== 'get' && verb !== 'list'))
    const granting = writing.filter(({ rule }) => listAt(rule, 'apiGroups').includes('rbac.authorization.k8s.io'))
    expect(granting).toEqual([])
    const starting = writing.filter(({ rule }) => listAt(rule, 'apiGroups').includes('apps'))
    expect(new Set(starting.map(({ role }) => role.metadata.namespace))).toEqual(new Set(['blocks', 'vdags']))
  })
})

describe('addressProblems', () => {
  it('finds nothing wrong with addresses that mean the same everywhere', () => {
    expect(addressProblems(config)).toEqual([])
  })

  it.each([
    'http://policies-svc.registries.svc.cluster.local:10102',
    'http://policies-svc.registries.svc',
    'http://localhost:1',
    'http://127.0.0.1:1',
    'http://[::1]:1',
    'http://policies:1',
    'policies.example.net',
    'file:///etc/passwd',
  ])('refuses %s', (address) => {
    expect(addressProblems({ ...config, services: { policy_db_url: address } })).toHaveLength(1)
  })

  it('takes inner names where gateway and cluster share one machine', () => {
    expect(addressProblems({ gatewayUrl: 'http://127.0.0.1:8080', services: {} }, true)).toEqual([])
  })
})
