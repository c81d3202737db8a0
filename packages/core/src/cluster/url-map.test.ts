import { describe, expect, it } from 'vitest'
import { readUrlMap, urlMap } from './url-map.ts'

const host = 'cluster-west-vision-001.company.net'

describe('urlMap', () => {
  it('names the documented endpoints behind an ingress', () => {
    const base = `http://${host}:32000`
    expect(urlMap({ publicHostname: host, useGateway: true })).toEqual({
      controllerService: `${base}/controller`,
      metricsService: `${base}/metrics`,
      blocksQuery: `${base}/blocks`,
      publicGateway: base,
      parameterUpdater: `${base}/mgmt`,
      membershipServer: `${base}/controller`,
    })
  })

  it('names the documented node ports, every address a string', () => {
    expect(urlMap({ publicHostname: host, useGateway: false })).toEqual({
      controllerService: `http://${host}:32300`,
      metricsService: `http://${host}:32301`,
      blocksQuery: `http://${host}:32302`,
      publicGateway: `http://${host}:32000`,
      parameterUpdater: `http://${host}:32303`,
      membershipServer: `http://${host}:32300`,
    })
  })

  it('takes addresses, brackets IPv6 and follows the public scheme', () => {
    expect(urlMap({ publicHostname: '203.0.113.7', useGateway: false }).metricsService).toBe('http://203.0.113.7:32301')
    expect(urlMap({ publicHostname: '2001:db8::1', useGateway: false, publicScheme: 'https' }).metricsService).toBe(
      'https://[2001:db8::1]:32301',
    )
  })

  it.each([
    '',
    'http://a.b',
    'a.b:80',
    'a.b/x',
    'user@a.b',
    'a b',
    '-a.b',
    'a..b',
    'a.b#',
    '1.2.3',
    '0x7f',
    'fe80::1%eth0',
  ])('refuses %j as a host', (publicHostname) => {
    expect(() => urlMap({ publicHostname, useGateway: false })).toThrow(
      expect.objectContaining({ code: 'request.invalid' }),
    )
  })
})

describe('readUrlMap', () => {
  it('reads one-element arrays as their element', () => {
    const written = {
      publicGateway: ['http://a.b:32000'],
      controllerService: 'http://a.b:32300',
      blocksQuery: ['x', 'y'],
    }
    expect(readUrlMap(written)).toEqual({ publicGateway: 'http://a.b:32000', controllerService: 'http://a.b:32300' })
  })

  it.each([
    null,
    'x',
    [],
    { controllerService: 'ftp://a' },
    { controllerService: 'http://u:p@a' },
    { other: 'http://a' },
  ])('reads nothing from %j', (stored) => {
    expect(readUrlMap(stored)).toEqual({})
  })
})
