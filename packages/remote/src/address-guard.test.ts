import { describe, expect, it } from 'vitest'
import { openAddressGuard, splitList } from './address-guard.ts'

const closed = openAddressGuard({ allow: [], local: [] })
const open = openAddressGuard({
  allow: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', '0.0.0.0/0', '::/0'],
  local: ['127.0.0.1:4566', '::1:4566'],
})

describe('the address guard', () => {
  it.each([
    '8.8.8.8',
    '93.184.216.34',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    // For documentation: the documented samples name them.
    '203.0.113.10',
    '2001:db8::1',
  ])('lets through the public %s', (address) => {
    expect(closed.refusal(address, 443)).toBeNull()
  })

  it.each([
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    'fd12::1',
    '::ffff:10.0.0.1',
  ])('lets the private %s through only when a list says so', (address) => {
    expect(closed.refusal(address, 443)).toMatch(/private/)
    expect(open.refusal(address, 443)).toBeNull()
  })

  it('opens no more than the list says', () => {
    const narrow = openAddressGuard({ allow: ['10.1.0.0/16'], local: [] })
    expect(narrow.refusal('10.1.255.255', 443)).toBeNull()
    expect(narrow.refusal('10.2.0.0', 443)).toMatch(/private/)
  })

  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '::ffff:169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    '0.0.0.0',
    '0.1.2.3',
    '::',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    '240.0.0.1',
    '198.18.0.1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::7f00:1',
    '::ffff:0:7f00:1',
    '2002:7f00:1::',
    '2001:0:1::1',
    '100::1',
    '4000::1',
    'localhost',
    '',
  ])('never lets %s through, whatever the list says', (address) => {
    expect(closed.refusal(address, 443)).not.toBeNull()
    expect(open.refusal(address, 443)).not.toBeNull()
  })

  it.each([
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '0177.0.0.1',
    '2130706433',
  ])('lets loopback %s through only for our own parts, by address and port', (address) => {
    expect(closed.refusal(address, 4566)).not.toBeNull()
    expect(open.refusal(address, 80)).not.toBeNull()
  })

  it('knows our own parts', () => {
    expect(open.refusal('127.0.0.1', 4566)).toBeNull()
    expect(open.refusal('127.0.0.2', 4566)).not.toBeNull()
  })

  it('does not start with a list that it cannot read', () => {
    expect(() => openAddressGuard({ allow: ['10.0.0.0'], local: [] })).toThrow('10.0.0.0 in the list')
    expect(splitList(' 10.0.0.0/8 ,, fc00::/7')).toEqual(['10.0.0.0/8', 'fc00::/7'])
  })
})
