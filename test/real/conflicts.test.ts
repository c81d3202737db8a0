import { applyAll } from '@gridgate/kube/apply'
import type { KubeClient } from '@gridgate/kube/client'
import { objectPath } from '@gridgate/kube/kinds'
import { type KubernetesObject, referenceOf } from '@gridgate/kube/object'
import { preflight } from '@gridgate/kube/preflight'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../packages/kube/contract/client.ts'
import { adapterOf, labelled, objectsOfInfra, plainClient, removeAll } from './installation.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const id = 'west-2'
const nodePort = { kind: 'node-port' } as const
const services = '/api/v1/namespaces/default/services'
let client: KubeClient
let plain: Client

beforeAll(async () => {
  client = adapterOf(realCluster().kubeconfig)
  plain = plainClient()
  await applyAll(client, id, withNamespaces())
})
afterAll(async () => {
  await removeAll(client, id)
  expect(await labelled(plain, client, id)).toEqual([])
  client.close()
  plain.close()
})

/** The objects of one kind, in the order of creation, behind the namespaces that they need. */
const withNamespaces = (...wanted: string[]): KubernetesObject[] =>
  objectsOfInfra(id, nodePort).filter(({ kind }) => kind === 'Namespace' || wanted.includes(kind))

describeWithControllers('a field that somebody else has changed', () => {
  it('is ours again after the next creation, told with manager and path; what they added stays', async () => {
    const objects = withNamespaces('ConfigMap', 'Deployment')
    await applyAll(client, id, objects)
    const deployment = objects.find(({ kind }) => kind === 'Deployment') as KubernetesObject
    const path = objectPath(referenceOf(deployment))
    const current = (await plain.get(path)).body
    const [{ name }] = current.spec.template.spec.containers
    const theirs = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: deployment.metadata.name },
      spec: {
        minReadySeconds: 3,
        template: { spec: { containers: [{ name, image: 'example/other:1' }] } },
      },
    }
    expect((await plain.apply(path, theirs, 'helm', true)).status).toBe(200)

    const applied = await applyAll(client, id, objects)
    expect(applied.flatMap(({ takenBack }) => takenBack)).toEqual([
      { manager: 'helm', field: `.spec.template.spec.containers[name="${name}"].image` },
    ])
    const { spec } = (await plain.get(path)).body
    expect([spec.template.spec.containers[0].image, spec.minReadySeconds]).toEqual([
      current.spec.template.spec.containers[0].image,
      3,
    ])
  })
})

describeWithControllers('an object of somebody else under one of our names', () => {
  it('is refused unchanged, and taken over only where that is asked for', async () => {
    const objects = withNamespaces('Secret')
    const [secret] = objects.filter(({ kind }) => kind === 'Secret') as [KubernetesObject]
    const path = objectPath(referenceOf(secret))
    const data = { a: Buffer.from('theirs').toString('base64') }
    await plain.apply(
      path,
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret.metadata.name }, data },
      'helm',
    )

    await expect(applyAll(client, id, objects)).rejects.toMatchObject({ code: 'kube.conflict' })
    const kept = (await plain.get(path)).body
    expect([kept.data, kept.metadata.labels]).toEqual([data, undefined])

    const applied = await applyAll(client, id, objects, { adopt: true })
    expect(applied.find(({ name }) => name === secret.metadata.name)?.outcome).toBe('changed')
  })

  it('is refused where it belongs to another cluster of ours', async () => {
    const objects = withNamespaces('ConfigMap')
    await applyAll(client, id, objects)
    await expect(applyAll(client, 'east-2', objects, { adopt: true })).rejects.toMatchObject({ code: 'kube.conflict' })
    expect(await labelled(plain, client, 'east-2')).toEqual([])
  })
})

describeWithControllers('a node port that is taken', () => {
  const holder = { metadata: { name: 'holder' }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 32_300 }] } }
  beforeAll(async () => expect((await plain.post(services, holder)).status).toBe(201))
  afterAll(async () => void (await plain.remove(`${services}/holder`)))

  it('is found before anything is changed', async () => {
    const before = await labelled(plain, client, id)
    await expect(preflight(client, { clusterId: id, identity: null, useGateway: false })).rejects.toMatchObject({
      code: 'infra.port_conflict',
      details: { conflicts: [{ port: 32_300, service: 'default/holder' }] },
    })
    expect(await labelled(plain, client, id)).toEqual(before)
  })

  it('is refused by the server where it was taken in between, naming the field', async () => {
    await expect(applyAll(client, id, withNamespaces('Service'))).rejects.toMatchObject({
      code: 'kube.failed',
      details: { status: 422, fields: ['spec.ports[0].nodePort'] },
    })
  })
})

describeWithControllers('a namespace with something that is not ours', () => {
  it('stays with it, when all of ours goes', async () => {
    const theirs = '/api/v1/namespaces/blocks/secrets'
    expect((await plain.post(theirs, { metadata: { name: 'theirs' } })).status).toBe(201)
    expect(await removeAll(client, id)).toEqual(['blocks: Secret blocks/theirs'])
    expect((await plain.get(`${theirs}/theirs`)).status).toBe(200)
    await plain.remove(`${theirs}/theirs`)
  })
})
