import { createVerify, X509Certificate } from 'node:crypto'
import type { SnsEnvelope } from './parse-sns.ts'

/** Hosts of SNS, with or without China's ending. */
const snsHost = /^sns\.[a-z0-9-]{3,32}\.amazonaws\.com(?:\.cn)?$/

/** Version 1 signs by SHA-1, version 2 by SHA-256 (Amazon SNS Developer Guide, "Verifying the signatures"). */
const algorithms = { '1': 'RSA-SHA1', '2': 'RSA-SHA256' } as const

/** Claims that an address is one of SNS itself: nothing else is asked for a certificate, or confirmed. */
export function isOfSns(text: string): boolean {
  const url = URL.parse(text)
  return (
    url?.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    snsHost.test(url.hostname)
  )
}

/** Claims that an address is where SNS keeps a certificate. */
export const isCertificateUrl = (text: string): boolean =>
  isOfSns(text) && /^\/SimpleNotificationService-[A-Za-z0-9]+\.pem$/.test(URL.parse(text)?.pathname ?? '')

/** What was signed: some members with their names, a line each, in the order of the names. */
export function signedText(envelope: SnsEnvelope): string {
  const names =
    envelope.Type === 'Notification'
      ? (['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const)
      : (['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const)
  return names.flatMap((name) => (envelope[name] == null ? [] : [`${name}\n${envelope[name]}\n`])).join('')
}

/** Claims that the message was signed with the certificate, and that this is in force. */
export function isSigned(envelope: SnsEnvelope, certificate: string, now: Date): boolean {
  try {
    const { publicKey, validFromDate, validToDate } = new X509Certificate(certificate)
    if (now < validFromDate || now > validToDate || publicKey.asymmetricKeyType !== 'rsa') return false
    const verifier = createVerify(algorithms[envelope.SignatureVersion]).update(signedText(envelope), 'utf8')
    return verifier.verify(publicKey, envelope.Signature, 'base64')
  } catch {
    return false // no certificate, or a signature of another form
  }
}
