import { KeyObject, webcrypto } from 'node:crypto'

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
}

/** An RSA key, and certificates for it, PEM, as a service signs its messages with. */
export interface SigningKey {
  privateKey: KeyObject
  certificate(from: Date, to: Date): Promise<string>
}

export async function signingKey(): Promise<SigningKey> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  return {
    privateKey: KeyObject.from(keys.privateKey),
    async certificate(notBefore, notAfter) {
      const common = { name: 'CN=sns.test', serialNumber: '01', signingAlgorithm: algorithm }
      const made = await x509.X509CertificateGenerator.createSelfSigned({ ...common, notBefore, notAfter, keys })
      return made.toString('pem')
    },
  }
}
