import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { prepareCluster } from './prepare-cluster.ts'

const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'))

const west = fixture('cluster-onboarding-west-vision.json')
const valid = { id: 'west-1', regionId: 'us-west-2', nodes: { nodeData: [{ id: 'n1' }] } }

const problemsOf = (document: Record<string, unknown>): string[] => {
  try {
    prepareCluster(document)
  } catch (error) {
    const { code, details } = error as { code: string; details: { problems: { pointer: string }[] } }
    expect(code).toBe('request.invalid')
    return details.problems.map(({ pointer }) => pointer)
  }
  return []
}

describe('a submitted cluster document', () => {
  it.each([
    'cluster-onboarding-west-vision.json',
    'cluster-minimal-gateway-test.json',
    'onboarding-config-valid.json',
  ])('is kept as it is: %s', (name) => {
    const document = fixture(name)
    const { cluster } = prepareCluster(document)
    expect(cluster).toMatchObject({ id: document.id, regionId: document.regionId, config: document.config })
    for (const field of Object.keys(document).filter((key) => !['nodes', 'gpus', 'clusterMetadata'].includes(key)))
      expect(cluster[field]).toEqual(document[field])
    expect(cluster.nodes.nodeData).toEqual((document.nodes as { nodeData: unknown }).nodeData)
  })

  it('is not changed itself', () => {
    const before = structuredClone(west)
    prepareCluster(west)
    expect(west).toEqual(before)
  })

  it('defect 31: keeps status, gpus.modelNames and every field that nobody listed', () => {
    const { cluster } = prepareCluster({
      ...west,
      somethingNew: { deep: [1, { er: null }] },
      config: { ...(west.config as object), unheardOf: 1 },
    })
    expect(cluster).toMatchObject({
      status: 'live',
      gpus: { modelNames: ['NVIDIA A100', 'NVIDIA V100'] },
      somethingNew: { deep: [1, { er: null }] },
      config: { unheardOf: 1 },
    })
  })

  it('gets empty tags, config and metadata where it has none', () => {
    expect(prepareCluster(valid).cluster).toMatchObject({ tags: [], config: {}, clusterMetadata: {} })
  })

  it('reads nodeId as id', () => {
    const { values } = (fixture('cluster-minimal-parser-envelope.json').body as { spec: { values: typeof west } }).spec
    const { cluster } = prepareCluster(values)
    expect(cluster.nodes.nodeData?.map((node) => [node.id, node.nodeId])).toContainEqual(['node-5', undefined])
    expect(problemsOf({ ...valid, nodes: { nodeData: [{ id: 'a', nodeId: 'b' }] } })).toEqual([
      '/nodes/nodeData/0/nodeId',
    ])
  })

  it('refuses a misspelt nodeData with a pointer and a hint', () => {
    const misspelt = fixture('onboarding-config-original-invalid-nodesData.json')
    expect(problemsOf(misspelt)).toEqual(['/nodes/nodesData'])
    expect(() => prepareCluster(misspelt)).toThrow(/did you mean nodeData/)
  })

  it.each([
    ['no id', { id: undefined }, '/id'],
    ['an id that is no DNS label', { id: 'West_1' }, '/id'],
    ['an id that leaves no room for suffixes', { id: 'a'.repeat(49) }, '/id'],
    ['no region', { regionId: undefined }, '/regionId'],
    ['no nodes', { nodes: undefined }, '/nodes'],
    ['neither nodes nor their number', { nodes: {} }, '/nodes'],
    ['a negative total', { memory: -1 }, '/memory'],
    ['a quoted number', { swap: '12' }, '/swap'],
    ['a broken count', { gpus: { count: 1.5 } }, '/gpus/count'],
    ['an amount that no node has', { nodes: { nodeData: [{ id: 'a', memory: 1e308 }] } }, '/nodes/nodeData/0/memory'],
    [
      'amounts that add up to more than a cluster has',
      {
        nodes: {
          nodeData: [
            { id: 'a', memory: 9e11 },
            { id: 'b', memory: 9e11 },
          ],
        },
      },
      '/memory',
    ],
    ['a negative size', { storage: { size: -5 } }, '/storage/size'],
    ['a negative rate', { network: { txBandwidth: -5 } }, '/network/txBandwidth'],
    ['a negative reputation', { reputation: -1 }, '/reputation'],
    ['tags that are no list', { tags: 'ml' }, '/tags'],
    ['a config that is no object', { config: [] }, '/config'],
    ['a flag that is a text', { config: { useGateway: 'yes' } }, '/config/useGateway'],
    ['a node without id', { nodes: { nodeData: [{ memory: 1 }] } }, '/nodes/nodeData/0/id'],
    ['a node id with a slash', { nodes: { nodeData: [{ id: 'a/b' }] } }, '/nodes/nodeData/0/id'],
    ['negative memory of a node', { nodes: { nodeData: [{ id: 'a', memory: -1 }] } }, '/nodes/nodeData/0/memory'],
    [
      'a model that is no text',
      { nodes: { nodeData: [{ id: 'a', gpus: { gpus: [{ modelName: 5 }] } }] } },
      '/nodes/nodeData/0/gpus/gpus/0/modelName',
    ],
  ])('refuses %s', (_, change, pointer) => {
    expect(problemsOf({ ...valid, ...change })).toEqual([pointer])
  })

  it('defect 36: refuses two nodes of one id', () => {
    const nodeData = [{ id: 'a' }, { id: 'b' }, { nodeId: 'a' }]
    expect(problemsOf({ ...valid, nodes: { nodeData } })).toEqual(['/nodes/nodeData/2/id'])
  })

  it('refuses more nodes than a cluster may have', () => {
    const nodeData = Array.from({ length: 5001 }, (_, index) => ({ id: `n${index}` }))
    expect(problemsOf({ ...valid, nodes: { nodeData } })).toEqual(['/nodes/nodeData'])
  })

  it('loses what the system owns, with a warning for each', () => {
    const { cluster, warnings } = prepareCluster({
      ...valid,
      _id: '1',
      version: 7,
      infra: { state: 'present' },
      config: { useGateway: true, urlMap: { controllerService: 'http://evil' } },
    })
    expect(cluster).toEqual({
      ...valid,
      nodes: { count: 1, nodeData: [{ id: 'n1' }] },
      config: { useGateway: true },
      tags: [],
      clusterMetadata: {},
    })
    expect(warnings.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'field.system_owned /_id',
      'field.system_owned /version',
      'field.system_owned /infra',
      'field.system_owned /config/urlMap',
    ])
  })

  it('loses credentials in its metadata and in fields that nobody listed, with a warning for each', () => {
    const { cluster, warnings } = prepareCluster({
      ...valid,
      kube_config_data: 'apiVersion: v1',
      extra: { note: 'fine', password: 'hunter2' },
      clusterMetadata: {
        owner: 'Ann',
        maxTokens: 512,
        additionalInfo: {
          joinCommand: 'x',
          hint: 'kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef',
          kubeadmVersion: 'v28.0.1',
        },
        list: ['harmless', 'see abcdef.0123456789abcdef'],
      },
    })
    expect(cluster.clusterMetadata).toEqual({
      owner: 'Ann',
      maxTokens: 512,
      additionalInfo: { kubeadmVersion: 'v28.0.1' },
      list: ['harmless'],
    })
    expect(cluster.extra).toEqual({ note: 'fine' })
    expect(cluster.kube_config_data).toBeUndefined()
    expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(['field.credential_dropped']))
    expect(warnings.map(({ pointer }) => pointer)).toEqual([
      '/kube_config_data',
      '/extra/password',
      '/clusterMetadata/additionalInfo/joinCommand',
      '/clusterMetadata/additionalInfo/hint',
      '/clusterMetadata/list/1',
    ])
  })

  it.each([
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nx'],
    ['a web token', 'eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abcdefghijkl'],
    ['an address with a password', 'https://user:pass@example.com/'],
    ['a cloud key', 'key AKIAABCDEFGHIJKLMNOP'],
  ])('loses %s wherever it stands in the metadata', (_, note) => {
    expect(prepareCluster({ ...valid, clusterMetadata: { a: { note } } }).cluster.clusterMetadata).toEqual({ a: {} })
  })

  it('keeps what only sounds like a credential', () => {
    const clusterMetadata = {
      secretary: 'Bob',
      tokenizer: 'bpe',
      url: 'https://a.example/x@y',
      host: 'server.internalnetwork1x',
    }
    expect(prepareCluster({ ...valid, clusterMetadata }).cluster.clusterMetadata).toEqual(clusterMetadata)
  })

  it('keeps actions that nothing asks for in its policy map, with a warning for each', () => {
    const { cluster, warnings } = prepareCluster({
      ...valid,
      config: { actionsPolicyMap: { onScaleUp: 'x:1-a', add_node: 'y:1-a', scale: 'z:1-a' } },
    })
    expect(Object.keys(cluster.config.actionsPolicyMap ?? {})).toEqual(['onScaleUp', 'add_node', 'scale'])
    expect(warnings.map(({ code, pointer }) => [code, pointer])).toEqual([
      ['pre_check.unknown_action', '/config/actionsPolicyMap/onScaleUp'],
    ])
  })
})

it('warns of an action whose policy cannot be read, because it stops the action', () => {
  const actionsPolicyMap = {
    add_node: 5,
    remove_node: '',
    remove_cluster: { policyRuleURI: 'a:1-b' },
    update_cluster: 'x',
  }
  expect(prepareCluster({ ...valid, config: { actionsPolicyMap } }).warnings).toEqual([
    expect.objectContaining({ code: 'pre_check.policy_unknown', pointer: '/config/actionsPolicyMap/add_node' }),
    expect.objectContaining({ code: 'pre_check.policy_unknown', pointer: '/config/actionsPolicyMap/update_cluster' }),
  ])
})

describe('totals', () => {
  const nodeData = [
    { id: 'a', gpus: { count: 2, memory: 10, modelNames: ['X', 'Y'] }, memory: 5, storage: { disks: 1, size: 7 } },
    { id: 'b', gpus: { count: 1, memory: 20, modelNames: ['Y'] }, network: { interfaces: 2, rxBandwidth: 3 } },
    { id: 'c' },
  ]

  it('are the sums over the nodes that carry a resource', () => {
    const { cluster, warnings } = prepareCluster({ ...valid, nodes: { nodeData } })
    expect(cluster).toMatchObject({
      nodes: { count: 3 },
      gpus: { count: 3, memory: 30, modelNames: ['X', 'Y'] },
      memory: 5,
      storage: { disks: 1, size: 7 },
      network: { interfaces: 2, rxBandwidth: 3 },
    })
    expect(cluster.swap).toBeUndefined()
    expect(cluster.network?.txBandwidth).toBeUndefined()
    expect(warnings).toEqual([])
  })

  it('defect 32: replace what was given and differs, with a warning; stay where no node says anything', () => {
    const { cluster, warnings } = prepareCluster({
      ...valid,
      nodes: { count: 10, nodeData },
      gpus: { count: 8, memory: 30, note: 'kept' },
      vcpus: { count: 64 },
    })
    expect(cluster).toMatchObject({
      nodes: { count: 3 },
      gpus: { count: 3, memory: 30, note: 'kept' },
      vcpus: { count: 64 },
    })
    expect(warnings.map(({ code, pointer }) => [code, pointer])).toEqual([
      ['cluster.total_recomputed', '/nodes/count'],
      ['cluster.total_recomputed', '/gpus/count'],
    ])
  })

  it('are those of the documented cluster', () => {
    expect(prepareCluster(west).cluster).toMatchObject({ gpus: { count: 3, memory: 49152 }, memory: 196608 })
    expect(prepareCluster(west).warnings.filter(({ code }) => code === 'cluster.total_recomputed')).toEqual([])
  })

  it('stay as given where the nodes are only counted', () => {
    expect(prepareCluster({ ...valid, nodes: { count: 4 }, memory: 9 }).cluster).toMatchObject({
      nodes: { count: 4 },
      memory: 9,
    })
  })
})
