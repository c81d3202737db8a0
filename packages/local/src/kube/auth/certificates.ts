import { createPrivateKey, webcrypto } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'

export interface KeyPair {
  /** PEM. */
  certificate: string
  /** PEM, PKCS #8. */
  key: string
}

/** The certificates of a simulated cluster, kept beside its data. */
export interface Certificates {
  authority: KeyPair
  server: KeyPair
  admin: KeyPair
}

const fileName = 'certificates.json'
// Peers judge by their own time, a simulated cluster may live in another: valid for as long as UTCTime can say.
const notBefore = new Date('2020-01-01T00:00:00Z')
const notAfter = new Date('2049-12-31T00:00:00Z')
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/**
 * The certificates in a folder; made on first use: an authority, a server certificate for the given host names and addresses, and
 * a client certificate of `kubernetes-admin` in `system:masters`. The file is readable by its owner only.
 */
export async function certificatesIn(folder: string, hosts: readonly string[]): Promise<Certificates> {
  const path = join(folder, fileName)
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Certificates
  const certificates = await makeCertificates(hosts)
  // Written aside and renamed, so that a killed process leaves a whole file or none.
  writeFileSync(`${path}.new`, JSON.stringify(certificates), { mode: 0o600 })
  renameSync(`${path}.new`, path)
  return certificates
}

async function makeCertificates(hosts: readonly string[]): Promise<Certificates> {
  // Loaded here only: the library is large, and a cluster makes certificates once in its life.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const pair = async () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const [authorityKeys, serverKeys, adminKeys] = await Promise.all([pair(), pair(), pair()])
  const common = { notBefore, notAfter, signingAlgorithm: algorithm }
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    name: 'CN=simulated-kubernetes-ca',
    keys: authorityKeys,
    serialNumber: '01',
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  const issued = { ...common, issuer: authority.subject, signingKey: authorityKeys.privateKey }
  const server = await x509.X509CertificateGenerator.create({
    ...issued,
    subject: 'CN=simulated-kubernetes',
    publicKey: serverKeys.publicKey,
    serialNumber: '02',
    extensions: [
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => ({ type: isIP(host) ? ('ip' as const) : ('dns' as const), value: host })),
      ),
    ],
  })
  const admin = await x509.X509CertificateGenerator.create({
    ...issued,
    subject: 'O=system:masters, CN=kubernetes-admin',
    publicKey: adminKeys.publicKey,
    serialNumber: '03',
    extensions: [new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.2'])],
  })
  return {
    authority: { certificate: authority.toString('pem'), key: await privatePem(authorityKeys.privateKey) },
    server: { certificate: server.toString('pem'), key: await privatePem(serverKeys.privateKey) },
    admin: { certificate: admin.toString('pem'), key: await privatePem(adminKeys.privateKey) },
  }
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
}
