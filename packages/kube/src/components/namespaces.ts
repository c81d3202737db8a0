import type { KubernetesObject } from '../object.ts'
import { namespaces } from './names.ts'

const podSecurity = (level: string): Record<string, string> => ({ 'pod-security.kubernetes.io/enforce': level })

/** The four namespaces. Node exporters need the host, so `metrics` cannot be held to less; blocks bring their own needs. */
export function namespaceObjects(): KubernetesObject[] {
  const labels: Record<string, Record<string, string>> = {
    [namespaces.metrics]: podSecurity('privileged'),
    [namespaces.controllers]: podSecurity('restricted'),
    [namespaces.blocks]: {},
    [namespaces.vdags]: {},
  }
  return Object.entries(labels).map(([name, own]) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: own },
  }))
}
