/// <reference path="../../.sst/platform/config.d.ts" />
import { internalFunctions, policyFunction } from './function-list.ts'
import { type CreatedFunction, createFunction, type Workshop } from './functions.ts'
import { nameOf } from './names.ts'
import { arnOf, type FurtherStatement } from './roles.ts'

/** A network that belongs to nobody else, so any private range does. */
const network = '10.255.0.0/24'
const subnets = ['10.255.0.0/25', '10.255.0.128/25']

/**
 * The function that runs policies: subnets without routes, a security group that lets nothing out, no variables, no traces,
 * no rights but its log lines. It is called through Lambda's own interface, which needs no route.
 */
export function createPolicyFunction(workshop: Workshop): CreatedFunction {
  const row = internalFunctions.find(({ name }) => name === policyFunction)
  if (!row) throw new Error(`there is no function ${policyFunction}`)
  const own = arnOf(workshop.site, 'lambda', `function:${nameOf(workshop.stage.prefix, row.name)}`)
  return createFunction(workshop, row, {
    ...{ architecture: 'x86_64', reservedConcurrency: workshop.stage.policyRunsAtOnce, isBlind: true },
    isPerTenant: workshop.stage.variables.get('GRIDGATE_POLICY_TENANCY') === 'PER_TENANT',
    ...{ vpc: (rights) => createNetwork(workshop, rights), further: own.apply(interfaceRights) },
  })
}

function createNetwork({ stage }: Workshop, rights: $util.Resource) {
  const named = (name: string) => ({ tags: { Name: `${stage.prefix}${name}` } })
  // Neither a missing route nor a security group keeps anybody from AWS's name server, and names asked for carry data out.
  const vpc = new aws.ec2.Vpc('PolicyNetwork', { cidrBlock: network, enableDnsSupport: false, ...named('policies') })
  // The one that AWS makes with every network lets everything out; here nobody is to use it by mistake.
  new aws.ec2.DefaultSecurityGroup('PolicyDefaultGroup', { vpcId: vpc.id, ingress: [], egress: [], ...named('unused') })
  const routes = new aws.ec2.RouteTable('PolicyRoutes', { vpcId: vpc.id, routes: [], ...named('no-routes') })
  // No Local Zones, which accounts opt in to: Lambda is not there.
  const filters = [{ name: 'opt-in-status', values: ['opt-in-not-required'] }]
  const zones = aws.getAvailabilityZonesOutput({ state: 'available', filters }).names
  const subnetIds = subnets.map((cidrBlock, index) => {
    const zone = { vpcId: vpc.id, cidrBlock, availabilityZone: zones.apply((names) => names[index] ?? '') }
    const subnet = new aws.ec2.Subnet(
      `PolicySubnet${index + 1}`,
      { ...zone, ...named(`policies-${index + 1}`) },
      // It stays where it is on a day on which a zone is away: a new one could not have the same addresses beside it.
      { dependsOn: [rights], ignoreChanges: ['availabilityZone'] },
    )
    new aws.ec2.RouteTableAssociation(`PolicyRoutes${index + 1}`, { subnetId: subnet.id, routeTableId: routes.id })
    return subnet.id
  })
  const description = 'policies reach nothing and are reached by nothing'
  const closed = { vpcId: vpc.id, name: `${stage.prefix}policies`, description, ingress: [], egress: [] }
  const group = new aws.ec2.SecurityGroup('PolicyGroup', closed, { dependsOn: [rights] })
  return { subnetIds, securityGroupIds: [group.id] }
}

/**
 * Lambda puts the function into its subnets with the function's own role, on resources that do not exist before; the code
 * that runs in it is denied the same ("Giving Lambda functions access to resources in an Amazon VPC").
 */
const interfaceRights = (functionArn: string): FurtherStatement[] => {
  const Action = [
    ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'],
    ...['ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses'],
  ]
  const Condition = { ArnEquals: { 'lambda:SourceFunctionArn': functionArn } }
  return [
    { Effect: 'Allow', Action, Resource: ['*'] },
    { Effect: 'Deny', Action, Resource: ['*'], Condition },
  ]
}
