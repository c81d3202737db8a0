import { readFileSync } from 'node:fs'

/** One line of the API server's audit log, as far as it is looked at. */
export interface AuditLine {
  verb: string
  userAgent?: string
  user: { username?: string; extra?: Record<string, string[]> }
  objectRef?: { resource: string; subresource?: string; apiGroup?: string; name?: string; namespace?: string }
  requestURI: string
  responseStatus?: { code: number }
}

/** What an API server has logged. The log is written with each reply, so it holds every earlier request. */
export const auditedIn = (auditLog: string): AuditLine[] =>
  readFileSync(auditLog, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditLine)

/** The same of one program alone. */
export const auditedOfIn = (userAgent: string, auditLog: string): AuditLine[] =>
  auditedIn(auditLog).filter((line) => line.userAgent === userAgent)

/** What a creation waits for: how often it looks again is the cluster's affair, so another look is not counted. */
const isLook = (asked: string): boolean => /^(get|list) .*\/(deployments|daemonsets)\b/.test(asked)

/** Most requests of the creation of an infrastructure to the API server, in any way of exposure, counted as by `countedOf`. */
export const creationRequestsMax = 60

/** Every request as verb and path, without repeated looks at what is waited for. */
export function countedOf(lines: readonly AuditLine[]): string[] {
  const asked = lines.map(({ verb, requestURI }) => `${verb} ${requestURI.split('?')[0]}`)
  return asked.filter((one, index) => !isLook(one) || asked.indexOf(one) === index)
}
