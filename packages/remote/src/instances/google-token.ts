import type { WorkloadIdentity } from '@gridgate/core/repair/provider-settings'
import { z } from 'zod'
import { callGoogle } from './call-google.ts'
import type { CloudParts } from './cloud-call.ts'
import { signAws } from './sign-aws.ts'

const cloudScope = 'https://www.googleapis.com/auth/cloud-platform'
const computeScope = 'https://www.googleapis.com/auth/compute'
/** A step needs seconds. */
const tokenSeconds = 600

const Exchanged = z.object({ access_token: z.string() })
const Generated = z.object({ accessToken: z.string() })

/**
 * A token for Compute Engine, without any key of Google's: the gateway proves its AWS role to the workload identity pool,
 * whose token has rights of its own or may act as a service account (workload identity federation).
 * @throws {GridError} `provider.*`
 */
export async function googleToken(parts: CloudParts, identity: WorkloadIdentity): Promise<string> {
  const { access_token: federated } = await callGoogle(parts, {
    url: new URL('https://sts.googleapis.com/v1/token'),
    method: 'POST',
    body: {
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        audience: identity.audience,
        scope: cloudScope,
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
        subject_token: await provenRole(parts, identity.audience),
      },
    },
    doing: 'a token of the workload identity pool',
    changes: false,
    reply: Exchanged,
  })
  if (identity.serviceAccount === null) return federated
  const account = encodeURIComponent(identity.serviceAccount)
  const { accessToken } = await callGoogle(parts, {
    url: new URL(`https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateAccessToken`),
    method: 'POST',
    token: federated,
    body: { json: { scope: [computeScope], lifetime: `${tokenSeconds}s` } },
    doing: 'a token of the service account',
    changes: false,
    reply: Generated,
  })
  return accessToken
}

/** A signed request that is not sent by us: Google sends it to AWS and learns from the answer which role signed it. */
async function provenRole({ keys, region, clock }: CloudParts, audience: string): Promise<string> {
  const url = new URL(`https://sts.${region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15`)
  const headers = await signAws(
    { service: 'sts', region, keys: await keys(), at: clock.now() },
    { url, method: 'POST', headers: { 'x-goog-cloud-target-resource': audience }, body: '' },
  )
  const listed = Object.entries(headers).map(([key, value]) => ({ key, value }))
  return encodeURIComponent(JSON.stringify({ url: url.href, method: 'POST', headers: listed }))
}
