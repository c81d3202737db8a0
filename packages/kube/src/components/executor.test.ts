import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { executorRights } from '../required-rights.ts'
import { executorObjects } from './executor.ts'
import { defaultImages, type InfraConfig } from './infra-config.ts'

const config: InfraConfig = {
  images: defaultImages,
  storage: { kind: 'persistent', gibibytes: 20 },
  retentionDays: 30,
  gatewayKeys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'k1' }],
  gatewayUrl: 'https://gateway.example.net',
  services: {},
  gpuNodeLabel: {},
}

describe('the objects of an executor', () => {
  it('are the reviewed ones; `GOLDEN=write` writes them anew', () => {
    const objects = executorObjects(
      { id: 'executor-001', processesMax: 4, mapping: 'getambassador.io/v3alpha1' },
      config,
    )
    const file = new URL('./golden/executor.yaml', import.meta.url)
    const text = objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n')
    if (process.env.GOLDEN === 'write') writeFileSync(file, text)
    expect(text).toBe(readFileSync(file, 'utf8'))
  })

  it('have no route where the cluster knows none, and need no right over it', () => {
    const kinds = executorObjects({ id: 'e', processesMax: 1, mapping: null }, config).map(({ kind }) => kind)
    expect(kinds).not.toContain('Mapping')
    expect(executorRights(false).map(({ resource }) => resource)).not.toContain('mappings')
  })

  it('need no right over rights, and give none', () => {
    const text = JSON.stringify(executorObjects({ id: 'e', processesMax: 1, mapping: null }, config))
    expect(text).not.toMatch(/Role/)
    expect(executorRights(true).filter(({ group }) => group.startsWith('rbac'))).toEqual([])
  })
})
