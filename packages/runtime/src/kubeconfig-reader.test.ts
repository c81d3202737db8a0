import { describe, expect, it } from 'vitest'
import { compose } from './compose.ts'
import { readConfig } from './config.ts'

const kubeconfig = (server: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'c',
  contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  clusters: [{ name: 'c', cluster: { server } }],
  users: [{ name: 'u', user: { token: 'secret-token' } }],
})

const { kubeconfigReader } = compose(
  readConfig({ GRIDGATE_INFRA_CONFIG: '{"gatewayUrl": "https://gateway.example.com"}' }),
)

describe('a kubeconfig whose server is written as an address', () => {
  it.each([
    'https://169.254.169.254',
    'https://127.0.0.1:6443',
    'https://[::1]:6443',
    'https://2130706433',
    'https://10.0.0.1:6443',
  ])('is refused at once for %s, without its token in the error', (server) => {
    const refused = (() => {
      try {
        return kubeconfigReader.sanitise(kubeconfig(server))
      } catch (error) {
        return error
      }
    })()
    expect(refused).toMatchObject({ code: 'address.refused' })
    expect(JSON.stringify(refused) + String(refused)).not.toContain('secret-token')
  })

  it('is taken for the address of the documented sample', () => {
    expect(kubeconfigReader.sanitise(kubeconfig('https://203.0.113.10:6443'))).toContain('203.0.113.10')
  })
})
