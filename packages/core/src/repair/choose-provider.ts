import type { z } from 'zod'
import { GridError } from '../errors.ts'
import { parseProviderId } from './provider-id.ts'
import { ControllerProvider, type ProviderEntry, ProviderSettings } from './provider-settings.ts'

/** Kinds that reach a machine by its node's name, whatever its provider id. */
const anywhere: ReadonlySet<string> = new Set(['redfish', 'webhook'])

/**
 * The entry that repairs a node: the first of its own kind, a Google project's own before others; without one, the first
 * that serves any node.
 * @throws {GridError} `provider.unsupported`, `provider.unconfigured`
 */
export function chooseProvider(entries: readonly ProviderEntry[], providerId: string | null): ProviderSettings {
  const id = parseProviderId(providerId)
  const own = entries.filter(({ kind }) => kind === id.kind)
  const entry =
    own.find(({ allow }) => id.kind === 'gce' && allow.includes(id.project)) ??
    own[0] ??
    entries.find(({ kind }) => anywhere.has(kind))
  if (entry) return checked(ProviderSettings, entry)
  if (id.kind === 'unsupported') throw new GridError('provider.unsupported', id.why)
  throw new GridError('provider.unconfigured', `the failover settings of the cluster have no provider ${id.kind}`)
}

/**
 * The entry whose nodes' machines the cluster's own controller is asked for: Karpenter and Cluster API serve any node, but
 * one whose own kind stands before them. Null where there is none.
 * @throws {GridError} `provider.unconfigured`
 */
export function chooseByController(
  entries: readonly ProviderEntry[],
  providerId: string | null,
): ControllerProvider | null {
  const { kind: own } = parseProviderId(providerId)
  const entry = entries.find(({ kind }) => kind === own || isByController(kind))
  return entry && isByController(entry.kind) ? checked(ControllerProvider, entry) : null
}

const isByController = (kind: string): boolean => ControllerProvider.shape.kind.safeParse(kind).success

function checked<Settings>(shape: z.ZodType<Settings>, entry: ProviderEntry): Settings {
  const { success, data, error } = shape.safeParse(entry)
  if (success) return data
  const why = error.issues[0]?.message ?? 'it is incomplete'
  throw new GridError('provider.unconfigured', `the provider ${entry.kind} in the failover settings: ${why}`)
}

/** Why a node cannot be repaired, as far as that is known without asking its provider; null where it may be. */
export function whyNotRepairable(entries: readonly ProviderEntry[], providerId: string | null): string | null {
  try {
    if (chooseByController(entries, providerId)) return null
    const settings = chooseProvider(entries, providerId)
    const id = parseProviderId(providerId)
    const isStrange = settings.kind === 'gce' && id.kind === 'gce' && !settings.allow.includes(id.project)
    return isStrange ? `the project ${id.project} is not in the allow list of the cluster` : null
  } catch (error) {
    if (error instanceof GridError) return error.message
    throw error
  }
}
