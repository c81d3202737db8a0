import type { Cluster } from '../cluster/cluster.ts'
import { urlMap } from '../cluster/url-map.ts'
import { GridError } from '../errors.ts'
import { InfraSettings } from './infra-builder.ts'

/** Seconds between two collections of metrics where the cluster does not say (spec/infra.md §3). */
const collectIntervalSecondsDefault = 30

/** What a cluster document says about its infrastructure. @throws {GridError} `request.invalid` for a cluster without a usable public host name */
export function settingsOf({ id, config }: Cluster): InfraSettings {
  const { publicHostname, useGateway = false, clusterMetricsCollectInterval } = config
  if (publicHostname === undefined)
    throw new GridError(
      'request.invalid',
      `cluster ${id} has no config.publicHostname, which its addresses are made of`,
    )
  const settings = InfraSettings.safeParse({
    publicHostname,
    useGateway,
    publicScheme: config.publicScheme ?? 'http',
    collectIntervalSeconds: Math.round(clusterMetricsCollectInterval ?? collectIntervalSecondsDefault),
  })
  if (!settings.success)
    throw new GridError(
      'request.invalid',
      `cluster ${id}: config.${settings.error.issues[0]?.path.join('.')} is not valid`,
    )
  urlMap(settings.data)
  return settings.data
}
