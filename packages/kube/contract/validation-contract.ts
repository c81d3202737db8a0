import { beforeAll, describe, expect, it } from 'vitest'
import type { Ground } from './kubernetes-contract.ts'

/** What is refused, and in which words. */
export function validationContract(ground: Ground): void {
  describe('validation', () => {
    let namespace: string
    beforeAll(async () => {
      namespace = await ground.namespace()
    })
    const template = (labels: object, container: object = {}) => ({
      metadata: { labels },
      spec: { containers: [{ name: 'main', image: 'example/none:1', ...container }] },
    })
    const deployment = (name: string, spec: object) => ({
      metadata: { name },
      spec: { replicas: 0, selector: { matchLabels: { app: 'v' } }, template: template({ app: 'v' }), ...spec },
    })

    it.each([
      ['a name with capitals', 'configmaps', { metadata: { name: 'Bad' } }, 'metadata.name', 'FieldValueInvalid'],
      [
        'a label value with blanks',
        'configmaps',
        { metadata: { name: 'l', labels: { a: 'b c' } } },
        'metadata.labels',
        'FieldValueInvalid',
      ],
      ['a missing name', 'configmaps', { metadata: {} }, 'metadata.name', 'FieldValueRequired'],
      [
        'a service without ports',
        'services',
        { metadata: { name: 's' }, spec: { selector: { a: 'b' } } },
        'spec.ports',
        'FieldValueRequired',
      ],
      [
        'a node port out of range',
        'services',
        { metadata: { name: 's' }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] } },
        'spec.ports[0].nodePort',
        'FieldValueInvalid',
      ],
      [
        'an unknown service type',
        'services',
        { metadata: { name: 's' }, spec: { type: 'Odd', ports: [{ port: 80 }] } },
        'spec.type',
        'FieldValueNotSupported',
      ],
    ])('refuses %s with 422 and the field', async (_what, plural, body, field, reason) => {
      const answer = await ground.client.post(`/api/v1/namespaces/${namespace}/${plural}`, body)
      expect([answer.status, answer.body.reason]).toEqual([422, 'Invalid'])
      expect(answer.body.details.causes).toEqual(expect.arrayContaining([expect.objectContaining({ field, reason })]))
    })

    it.each([
      ['labels that the selector misses', { template: template({ app: 'other' }) }, 'spec.template.metadata.labels'],
      ['a negative count', { replicas: -1 }, 'spec.replicas'],
      [
        'two containers of one name',
        {
          template: {
            metadata: { labels: { app: 'v' } },
            spec: {
              containers: [
                { name: 'a', image: 'x' },
                { name: 'a', image: 'x' },
              ],
            },
          },
        },
        'spec.template.spec.containers[1].name',
      ],
      [
        'a mount without its volume',
        { template: template({ app: 'v' }, { volumeMounts: [{ name: 'none', mountPath: '/x' }] }) },
        'spec.template.spec.containers[0].volumeMounts[0].name',
      ],
      [
        'no containers',
        { template: { metadata: { labels: { app: 'v' } }, spec: { containers: [] } } },
        'spec.template.spec.containers',
      ],
    ])('refuses a Deployment with %s', async (_what, spec, field) => {
      const answer = await ground.client.post(
        `/apis/apps/v1/namespaces/${namespace}/deployments`,
        deployment('bad', spec),
      )
      expect([answer.status, answer.body.reason]).toEqual([422, 'Invalid'])
      expect(answer.body.details).toMatchObject({ name: 'bad', group: 'apps', kind: 'Deployment' })
      expect(answer.body.details.causes.map((cause: { field: string }) => cause.field)).toContain(field)
    })

    it('refuses a quantity that cannot be read, and stores nothing', async () => {
      const spec = { template: template({ app: 'v' }, { resources: { limits: { memory: 'lots' } } }) }
      const answer = await ground.client.post(
        `/apis/apps/v1/namespaces/${namespace}/deployments`,
        deployment('odd', spec),
      )
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect((await ground.client.get(`/apis/apps/v1/namespaces/${namespace}/deployments/odd`)).status).toBe(404)
    })

    it('keeps a selector as it was', async () => {
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments`
      await ground.client.post(path, deployment('fixed', {}))
      const change = {
        spec: { selector: { matchLabels: { app: 'w' } }, template: { metadata: { labels: { app: 'w' } } } },
      }
      const answer = await ground.client.patch(`${path}/fixed`, change)
      expect([answer.status, answer.body.message]).toEqual([422, expect.stringContaining('field is immutable')])
    })

    it('gives each Service an address and a node port, and refuses one that is taken in the known words', async () => {
      const services = `/api/v1/namespaces/${namespace}/services`
      const service = (name: string, nodePort?: number) => ({
        metadata: { name },
        spec: { type: 'NodePort', ports: [{ port: 80, ...(nodePort ? { nodePort } : {}) }] },
      })
      const first = (await ground.client.post(services, service('n1'))).body
      expect(first.spec.clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
      const [{ nodePort }] = first.spec.ports
      expect(nodePort).toBeGreaterThanOrEqual(30_000)
      const second = await ground.client.post(services, service('n2', nodePort))
      expect(second.status).toBe(422)
      expect(second.body.message).toBe(
        `Service "n2" is invalid: spec.ports[0].nodePort: Invalid value: ${nodePort}: provided port is already allocated`,
      )
      expect((await ground.client.get(`${services}/n2`)).status).toBe(404)
      await ground.client.remove(`${services}/n1`)
      expect((await ground.client.post(services, service('n2', nodePort))).status).toBe(201)
    })

    it('refuses unknown fields under Strict, warns under Warn and drops them', async () => {
      const path = `/api/v1/namespaces/${namespace}/configmaps`
      const strict = await ground.client.post(`${path}?fieldValidation=Strict`, { metadata: { name: 'u' }, dat: {} })
      expect([strict.status, strict.body.message]).toEqual([400, expect.stringContaining('unknown field "dat"')])
      const warned = await ground.client.post(`${path}?fieldValidation=Warn`, { metadata: { name: 'u' }, dat: {} })
      expect([warned.status, String(warned.headers.warning)]).toEqual([201, expect.stringContaining('unknown field')])
      expect(warned.body.dat).toBeUndefined()
    })

    it('refuses bodies in forms it does not read', async () => {
      const path = `/api/v1/namespaces/${namespace}/configmaps`
      expect((await ground.client.post(path, 'x', { type: 'text/csv' })).status).toBe(415)
      expect((await ground.client.post(path, '{', {})).status).toBe(400)
      expect((await ground.client.get(path, { accept: 'text/csv' })).status).toBe(406)
    })
  })
}
