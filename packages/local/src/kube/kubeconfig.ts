import { stringify } from 'yaml'
import type { Certificates } from './auth/certificates.ts'

/** How a kubeconfig logs in: with the admin's client certificate, or with a bearer token. */
export type Login = { certificate: Certificates['admin'] } | { token: string }

/** A kubeconfig of one cluster and one user, as YAML text. */
export function kubeconfigText(url: string, authority: string, login: Login): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const user =
    'token' in login
      ? { token: login.token }
      : {
          'client-certificate-data': base64(login.certificate.certificate),
          'client-key-data': base64(login.certificate.key),
        }
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'simulated', cluster: { server: url, 'certificate-authority-data': base64(authority) } }],
      users: [{ name: 'user', user }],
      contexts: [{ name: 'simulated', context: { cluster: 'simulated', user: 'user' } }],
      'current-context': 'simulated',
    },
    { lineWidth: 0 },
  )
}
