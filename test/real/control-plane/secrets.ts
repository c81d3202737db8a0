import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { certificatesIn } from '@gridgate/local/kube/auth/certificates'
import { kubeconfigText } from '@gridgate/local/kube/kubeconfig'

/** Names of the files that the programs are told of. */
export const secretFiles = {
  authority: 'ca.crt',
  // JobSet looks for these two names.
  serverCertificate: 'tls.crt',
  serverKey: 'tls.key',
  accountKey: 'sa.key',
  tokens: 'tokens.csv',
  adminKubeconfig: 'admin.kubeconfig',
} as const

export interface Secrets {
  /** PEM. */
  authority: string
  /** Bearer token of somebody in `system:masters`. */
  token: string
  /** Kubeconfig of the administrator, with a client certificate. */
  kubeconfig: string
}

const serverNames = ['127.0.0.1', 'localhost', 'kubernetes.default.svc', '10.96.0.1']

/** Makes the authority, certificates, keys and tokens of a new control plane at `url` and writes them into its folder. */
export async function makeSecrets(folder: string, url: string): Promise<Secrets> {
  const { authority, server, admin } = await certificatesIn(folder, serverNames)
  const accountKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const token = randomBytes(16).toString('hex')
  const kubeconfig = kubeconfigText(url, authority.certificate, { certificate: admin })
  const contents: Record<keyof typeof secretFiles, string> = {
    authority: authority.certificate,
    serverCertificate: server.certificate,
    serverKey: server.key,
    accountKey: accountKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    tokens: `${token},admin-by-token,admin-by-token,"system:masters"\n`,
    adminKubeconfig: kubeconfig,
  }
  for (const [name, text] of Object.entries(contents))
    writeFileSync(join(folder, secretFiles[name as keyof typeof secretFiles]), text, { mode: 0o600 })
  return { authority: authority.certificate, token, kubeconfig }
}
