import { constants } from 'node:fs'
import { open, rename, writeFile } from 'node:fs/promises'
import { GridError } from '@gridgate/core/errors'
import { JsonObject } from '@gridgate/core/json'
import { PrivateKey } from '@gridgate/http/signed-call'
import type { KubeClient } from '@gridgate/kube/client'
import { identityKeyName, identityName, namespaces, publicKeyEntry } from '@gridgate/kube/components/names'
import type { JWK } from 'jose'
import { z } from 'zod'

const privateKeyEntry = 'private-key.json'
const stateEntry = 'state.json'

/** What was learnt from the gateway and what is under way. */
const State = z.object({
  /** The key that is to follow, until the gateway has enrolled it. */
  next: PrivateKey.nullable().default(null),
  /** The gateway's keys as it last told them. */
  gatewayKeys: z.array(JsonObject).max(4).default([]),
  /** Digest of the configured keys at that time: other configured keys are newer than what was learnt. */
  configured: z.string().default(''),
})

/** Everything of a controller that must outlive it. */
export const Kept = State.extend({ key: PrivateKey.nullable() })
export type Kept = z.infer<typeof Kept>

/** Where a controller keeps its key pair. */
export interface IdentityStore {
  read(): Promise<Kept>
  /** Decides on what is kept now and writes it; one change after the other. */
  change(decide: (kept: Kept) => Kept): Promise<Kept>
  /** Shows the public key where the gateway reads it for enrolment (spec/decisions.md 45). */
  publish(publicKey: JWK): Promise<void>
}

/** A store over two plain operations: changes come one after the other, so that none is lost. */
function inTurn(plain: { read(): Promise<Kept>; write(kept: Kept): Promise<void> }): Omit<IdentityStore, 'publish'> {
  let last: Promise<unknown> = Promise.resolve()
  return {
    read: plain.read,
    change(decide) {
      const change = async (): Promise<Kept> => {
        const kept = decide(await plain.read())
        await plain.write(kept)
        return kept
      }
      const done = last.then(change, change)
      last = done.catch(() => undefined)
      return done
    },
  }
}

/** A Secret and a ConfigMap in the cluster; both exist beforehand, so that no right to create is needed. */
export function secretIdentityStore(client: KubeClient, clusterId: string): IdentityStore {
  const { controllers: namespace } = namespaces
  const secret = { apiVersion: 'v1', kind: 'Secret', name: identityKeyName(clusterId), namespace } as const
  const shown = { apiVersion: 'v1', kind: 'ConfigMap', name: identityName(clusterId), namespace } as const
  const stored = inTurn({
    async read() {
      const found = (await client.get(secret)) as { data?: Record<string, string> } | null
      const text = (entry: string): string | null => {
        const value = found?.data?.[entry]
        return value === undefined ? null : Buffer.from(value, 'base64').toString('utf8')
      }
      return parse(text(privateKeyEntry), text(stateEntry), `the secret ${secret.name}`)
    },
    async write({ key, ...state }) {
      const entry = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
      await client.merge(secret, { data: { [privateKeyEntry]: entry(key), [stateEntry]: entry(state) } })
    },
  })
  return {
    ...stored,
    async publish(publicKey) {
      await client.merge(shown, { data: { [publicKeyEntry]: JSON.stringify(publicKey) } })
    },
  }
}

/** A file that only its owner reads, for a controller beside the gateway (spec/decisions.md 10). */
export function fileIdentityStore(path: string): IdentityStore {
  const stored = inTurn({
    async read() {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw error
      })
      if (file === null) return parse(null, null, path)
      try {
        const { key, ...state } = JSON.parse(await file.readFile('utf8')) as Kept
        return parse(JSON.stringify(key), JSON.stringify(state), path)
      } finally {
        await file.close()
      }
    },
    async write(kept) {
      await writeFile(`${path}.new`, JSON.stringify(kept), { mode: 0o600, flush: true })
      await rename(`${path}.new`, path)
    },
  })
  return { ...stored, publish: async () => undefined }
}

/** @throws {GridError} `internal` for what cannot be read; its text is a secret and not told */
function parse(key: string | null, state: string | null, where: string): Kept {
  try {
    return Kept.parse({ ...JSON.parse(state ?? '{}'), key: key === null ? null : JSON.parse(key) })
  } catch {
    throw new GridError('internal', `${where} holds no key that can be read`)
  }
}
