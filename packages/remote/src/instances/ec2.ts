import { GridError } from '@gridgate/core/errors'
import type { InstanceOrder, Instances, InstanceTarget, InstanceView } from '@gridgate/core/repair/instances'
import { parseProviderId } from '@gridgate/core/repair/provider-id'
import type { Ec2Settings } from '@gridgate/core/repair/provider-settings'
import { z } from 'zod'
import { assumeRole } from './assume-role.ts'
import { type CloudParts, refusedBy, unclear } from './cloud-call.ts'
import { effectId } from './effect-id.ts'
import { type AwsQuery, queryAws, xmlList } from './query-aws.ts'

/** Where a reboot leaves its key, because EC2 itself keeps none: the role may write this tag and no other. */
const rebootTag = 'gridgate:reboot'

const states: Readonly<Record<string, InstanceView['state']>> = {
  pending: 'starting',
  running: 'running',
  stopping: 'stopping',
  stopped: 'stopped',
  'shutting-down': 'ending',
  terminated: 'gone',
}

const orEmpty = <Content extends z.ZodType>(content: Content) =>
  z.preprocess((value) => (value === '' || value === undefined ? {} : value), content)

const Instance = z.object({
  instanceId: z.string(),
  instanceState: z.object({ name: z.string() }),
  launchTime: z.string().optional(),
  tagSet: orEmpty(z.object({ item: xmlList(z.object({ key: z.string(), value: z.string() })) })),
})
const Reservation = z.object({ ownerId: z.string(), instancesSet: z.object({ item: xmlList(Instance) }) })
const Reservations = z
  .object({
    DescribeInstancesResponse: z.object({ reservationSet: orEmpty(z.object({ item: xmlList(Reservation) })) }),
  })
  .transform((reply) => reply.DescribeInstancesResponse.reservationSet.item)

const Member = z.object({ AutoScalingGroupName: z.string(), LifecycleState: z.string() })
const Members = z
  .object({
    DescribeAutoScalingInstancesResponse: z.object({
      DescribeAutoScalingInstancesResult: z.object({
        AutoScalingInstances: orEmpty(z.object({ member: xmlList(Member) })),
      }),
    }),
  })
  .transform(
    (reply) =>
      reply.DescribeAutoScalingInstancesResponse.DescribeAutoScalingInstancesResult.AutoScalingInstances.member,
  )

type Ask = <Reply>(query: Omit<AwsQuery<Reply>, 'region' | 'keys' | 'doing'>) => Promise<Reply>

/** An instance as it was just found, and the way to ask for more about it. */
interface Sight {
  instanceId: string
  view: InstanceView
  lastReboot: string | undefined
  ask: Ask
}

/** Instances of EC2 and their Auto Scaling groups. Retries nothing: who asks knows what may be asked again. */
export const ec2Instances = (parts: CloudParts, settings: Ec2Settings): Instances => ({
  async describe(target) {
    return (await look(parts, settings, target)).view
  },

  async reboot(order, key) {
    const sight = await lookAt(parts, settings, order)
    const id = effectId(`${key}:reboot`)
    if (sight.lastReboot === id) return 'already'
    if (sight.view.state !== 'running') throw refusedBy(named(sight), `the instance is ${sight.view.state}`)
    await rebootOnce(sight, id)
    return 'accepted'
  },

  async replace(order) {
    const sight = await lookAt(parts, settings, order)
    const { state, group } = sight.view
    if (state === 'ending' || state === 'gone') return 'already'
    if (group === null)
      throw refusedBy(named(sight), 'the instance belongs to no Auto Scaling group, so no other would take its place')
    const parameters = { InstanceId: sight.instanceId, ShouldDecrementDesiredCapacity: 'false' }
    await sight.ask({
      service: 'autoscaling',
      action: 'TerminateInstanceInAutoScalingGroup',
      parameters,
      changes: true,
      reply: z.unknown(),
    })
    return 'accepted'
  },
})

const named = ({ instanceId }: Sight): { doing: string } => ({ doing: instanceId })

/** Finds the instance; its owner is checked before anything else is asked or done. */
async function look(parts: CloudParts, settings: Ec2Settings, target: InstanceTarget): Promise<Sight> {
  const id = parseProviderId(target.provider_id)
  if (id.kind !== 'ec2' || target.region === null)
    throw new GridError('provider.unsupported', id.kind === 'unsupported' ? id.why : 'the node does not say its region')
  const { instanceId } = id
  const common = { region: target.region, keys: await assumeRole(parts, settings.role_arn, target.action) }
  const ask: Ask = (query) => queryAws(parts, { ...common, ...query, doing: instanceId })

  const [found] = await ask({
    service: 'ec2',
    action: 'DescribeInstances',
    parameters: { 'InstanceId.1': instanceId },
    changes: false,
    reply: Reservations,
    absent: { code: 'InvalidInstanceID.NotFound', reply: [] },
  })
  const instance = found?.instancesSet.item.find((one) => one.instanceId === instanceId)
  const seenAt = parts.clock.now().toISOString()
  if (!found || !instance) return { instanceId, ask, lastReboot: undefined, view: absentView(seenAt) }
  if (!settings.allow.includes(found.ownerId))
    throw new GridError('provider.not_allowed', `the account of ${instanceId} is not in the allow list of the cluster`)

  const [member] = await ask({
    service: 'autoscaling',
    action: 'DescribeAutoScalingInstances',
    parameters: { 'InstanceIds.member.1': instanceId },
    changes: false,
    reply: Members,
  })
  const lastReboot = instance.tagSet.item.find(({ key }) => key === rebootTag)?.value
  return { instanceId, ask, lastReboot, view: viewOf(instance, member, seenAt) }
}

const absentView = (seenAt: string): InstanceView => ({
  instance_id: null,
  state: 'gone',
  group: null,
  started_at: null,
  seen_at: seenAt,
})

function viewOf(
  { instanceId, instanceState, launchTime }: z.infer<typeof Instance>,
  member: z.infer<typeof Member> | undefined,
  seenAt: string,
): InstanceView {
  const state = states[instanceState.name] ?? 'unknown'
  return {
    instance_id: instanceId,
    // A group may hold an instance that it ends in `Terminating:Wait` for an hour; EC2 calls it running.
    state: state === 'running' && member?.LifecycleState.startsWith('Terminat') ? 'ending' : state,
    group: member ? { kind: 'auto_scaling_group', name: member.AutoScalingGroupName } : null,
    started_at: launchTime ?? null,
    seen_at: seenAt,
  }
}

/** @throws {GridError} `provider.refused` for an instance that the role does not see: it may be in another account */
async function lookAt(parts: CloudParts, settings: Ec2Settings, order: InstanceOrder): Promise<Sight> {
  const sight = await look(parts, settings, order)
  if (sight.instanceId !== order.instance_id)
    throw refusedBy(named(sight), `the node belongs to another instance than ${order.instance_id}`)
  if (sight.view.instance_id === null) throw refusedBy(named(sight), 'there is no such instance')
  return sight
}

/**
 * Reboots at most once: the tag comes first, so a call that died in between counts as done, and the node's boot id shows
 * that it was not. Only where EC2 certainly did nothing is the tag taken back.
 */
async function rebootOnce({ ask, instanceId }: Sight, id: string): Promise<void> {
  const change = (action: string, parameters: Record<string, string>): Promise<unknown> =>
    ask({ service: 'ec2', action, parameters, changes: true, reply: z.unknown() })
  const tag = { 'ResourceId.1': instanceId, 'Tag.1.Key': rebootTag, 'Tag.1.Value': id }
  await change('CreateTags', tag)
  try {
    await change('RebootInstances', { 'InstanceId.1': instanceId })
  } catch (error) {
    if (error instanceof GridError && error.code !== 'provider.unclear')
      await change('DeleteTags', tag).catch((untagging: unknown) => {
        throw unclear({ doing: `RebootInstances for ${instanceId}` }, untagging)
      })
    throw error
  }
}
