import type { Needs } from '../ports.ts'
import { remember } from '../task/remember.ts'
import { taskStep } from '../task/task-step.ts'
import type { InfraPart } from './infra-builder.ts'
import { type InfraMemo, type InfraWork, openTarget } from './infra-work.ts'

type InstallStep = (
  ports: Needs<'tasks' | 'kubeconfigs' | 'infra' | 'clock' | 'log'>,
  work: InfraWork,
) => Promise<InfraWork>

/** A step that writes the objects of one part; running it again changes nothing that is as it should be. */
const install =
  (name: string, part: InfraPart): InstallStep =>
  (ports, work) =>
    taskStep(ports, work, name, async (stored) => {
      const target = await openTarget(ports, work, stored)
      const { said, createdNamespaces } = await ports.infra.apply(target, part)
      if (createdNamespaces.length > 0)
        await remember<InfraMemo>(ports, work.taskId, { freshNamespaces: [...createdNamespaces] })
      return { detail: said }
    })

export const createNamespaces = install('CreateNamespaces', 'namespaces')
export const grantAccess = install('GrantAccess', 'access')
export const installMetricsDatabase = install('InstallMetricsDatabase', 'metrics-database')
export const installMetricsWriter = install('InstallMetricsWriter', 'metrics-writer')
export const installCollector = install('InstallCollector', 'collector')
export const installController = install('InstallController', 'controller')
export const exposeServices = install('ExposeServices', 'exposure')

/** Steps whose work a cancellation takes back. */
export const undoableSteps: readonly string[] = [
  'CreateNamespaces',
  'GrantAccess',
  'InstallMetricsDatabase',
  'CheckMetricsDatabase',
  'InstallMetricsWriter',
  'InstallCollector',
  'InstallController',
  'ExposeServices',
  'CheckServices',
  'EnrolController',
  'ReachController',
  'WriteUrlMap',
]
