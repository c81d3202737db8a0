import { z } from 'zod'
import type { AwsKeys, CloudParts } from './cloud-call.ts'
import { queryAws } from './query-aws.ts'

/** The shortest that AWS gives; a step needs seconds. */
const sessionSeconds = 900

const Assumed = z
  .object({
    AssumeRoleResponse: z.object({
      AssumeRoleResult: z.object({
        Credentials: z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string(), SessionToken: z.string() }),
      }),
    }),
  })
  .transform(({ AssumeRoleResponse: { AssumeRoleResult: result } }): AwsKeys => {
    const {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
    } = result.Credentials
    return { accessKeyId, secretAccessKey, sessionToken }
  })

/** Takes on a role for one action, under whose id CloudTrail shows what was done. @throws {GridError} `provider.*` */
export async function assumeRole(parts: CloudParts, roleArn: string, action: string): Promise<AwsKeys> {
  return queryAws(parts, {
    service: 'sts',
    region: parts.region,
    keys: await parts.keys(),
    action: 'AssumeRole',
    parameters: { RoleArn: roleArn, RoleSessionName: sessionName(action), DurationSeconds: String(sessionSeconds) },
    doing: 'the role of the settings',
    changes: false,
    reply: Assumed,
  })
}

/** Session names have 2 to 64 characters of a small alphabet; action ids are any text. */
const sessionName = (action: string): string =>
  action
    .replace(/[^\w+=,.@-]/g, '-')
    .slice(0, 64)
    .padEnd(2, '-')
