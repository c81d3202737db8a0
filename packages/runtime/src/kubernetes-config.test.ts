import { defaultImages } from '@gridgate/kube/components/infra-config'
import { describe, expect, it } from 'vitest'
import { readInfraSetup } from './kubernetes-config.ts'

const read = (value: unknown, allowInner = false) => readInfraSetup(JSON.stringify(value), allowInner)
const gatewayUrl = 'https://gateway.example'

describe('the configuration of the infrastructure', () => {
  it('needs the gateway address and has pinned images for the rest', () => {
    expect(read({ gatewayUrl })).toMatchObject({ images: defaultImages, gatewayUrl, retentionDays: 30 })
    for (const image of Object.values(defaultImages)) expect(image).toMatch(/:v?\d/)
  })

  it('takes one image and keeps the others', () => {
    const controller = `registry.example:5000/x/controller@sha256:${'0'.repeat(64)}`
    expect(read({ gatewayUrl, images: { controller } }).images).toEqual({ ...defaultImages, controller })
  })

  it.each([
    ['nothing', {}, 'gatewayUrl'],
    ['an image without a version', { gatewayUrl, images: { controller: 'controller' } }, 'images.controller'],
    ['an image whose port is no version', { gatewayUrl, images: { controller: 'host:5000/x' } }, 'images.controller'],
    ['a member that is not known', { gatewayUrl, image: {} }, 'image'],
    ['an address that means something else in a cluster', { gatewayUrl: 'http://localhost:4000' }, 'gatewayUrl'],
  ])('refuses %s, naming it', (_, given, named) => {
    expect(() => read(given)).toThrow(
      expect.objectContaining({ code: 'service.unavailable', message: expect.stringContaining(named) }),
    )
  })

  it('takes addresses of this machine where the clusters are on it', () => {
    expect(read({ gatewayUrl: 'http://localhost:4000' }, true).gatewayUrl).toBe('http://localhost:4000')
  })

  it('refuses what is no JSON', () => {
    expect(() => readInfraSetup('{', false)).toThrow(expect.objectContaining({ code: 'service.unavailable' }))
  })
})
