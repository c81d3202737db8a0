import { GridError } from '@gridgate/core/errors'
import type { InstanceOrder, Instances, InstanceTarget } from '@gridgate/core/repair/instances'
import { type ProviderId, parseProviderId } from '@gridgate/core/repair/provider-id'
import type { HyperPodSettings } from '@gridgate/core/repair/provider-settings'
import { z } from 'zod'
import { assumeRole } from './assume-role.ts'
import { brokenAnswer, type CloudCall, type CloudParts, callCloud, readJson, refusedBy, unclear } from './cloud-call.ts'
import { unaskedView } from './experimental-view.ts'
import { awsFailure, awsUrl } from './query-aws.ts'
import { signAws } from './sign-aws.ts'

const Replaced = z.object({
  Successful: z.array(z.string()).default([]),
  Failed: z.array(z.object({ NodeId: z.string(), ErrorCode: z.string() })).default([]),
})
const Failure = z.object({ __type: z.string() }).transform(({ __type }) => __type.split('#').at(-1))

const refusals: Readonly<Record<string, string>> = {
  InstanceIdNotFound: 'there is no such node in the cluster',
  InvalidInstanceStatus: 'the state of the node does not allow it',
  InstanceIdInUse: 'something else is being done to the node',
}

/** Experimental: nodes of SageMaker HyperPod. They can be replaced, which loses their volumes; nothing else is tried. */
export const experimentalHyperPod = (parts: CloudParts, settings: HyperPodSettings): Instances => ({
  async describe(target) {
    return unaskedView(parts, idOf(target).instanceId)
  },
  async reboot() {
    throw new GridError('provider.unsupported', 'nodes of HyperPod are not rebooted from here')
  },
  async replace(order) {
    const { call, instanceId } = await replacement(parts, settings, order)
    const { status, bytes } = await callCloud(parts, call)
    const content = readJson(bytes)
    if (status !== 200) throw awsFailure(call, status, Failure.safeParse(content).data)
    const { data } = Replaced.safeParse(content)
    if (data?.Successful.includes(instanceId)) return 'accepted'
    const failed = data?.Failed.find(({ NodeId }) => NodeId === instanceId)
    if (failed === undefined) throw brokenAnswer(call, status)
    const why = refusals[failed.ErrorCode]
    throw why === undefined ? unclear(call) : refusedBy(call, why)
  },
})

function idOf({ provider_id }: InstanceTarget): Extract<ProviderId, { kind: 'hyperpod' }> {
  const id = parseProviderId(provider_id)
  if (id.kind === 'hyperpod') return id
  throw new GridError('provider.unsupported', 'it is no node of HyperPod')
}

/** The cluster is named by its ARN, in the account of the role: no other account can be reached by it. */
async function replacement(
  parts: CloudParts,
  { role_arn, allow }: HyperPodSettings,
  order: InstanceOrder,
): Promise<{ call: CloudCall; instanceId: string }> {
  const { cluster, instanceId } = idOf(order)
  const [, partition, , , account = ''] = role_arn.split(':')
  if (!allow.includes(account))
    throw new GridError('provider.not_allowed', `the account of ${instanceId} is not in the allow list of the cluster`)
  if (order.instance_id !== instanceId)
    throw refusedBy({ doing: instanceId }, `the node belongs to another instance than ${order.instance_id}`)
  const region = order.region ?? ''
  const url = awsUrl('api.sagemaker', region)
  const name = `arn:${partition}:sagemaker:${region}:${account}:cluster/${cluster}`
  const body = JSON.stringify({ ClusterName: name, NodeIds: [instanceId] })
  const keys = await assumeRole(parts, role_arn, order.action)
  const headers = await signAws(
    { service: 'sagemaker', region, keys, at: parts.clock.now() },
    {
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'SageMaker.BatchReplaceClusterNodes',
      },
      body,
    },
  )
  const doing = `BatchReplaceClusterNodes for ${instanceId}`
  return { instanceId, call: { url, method: 'POST', headers, body, doing, changes: true } }
}
