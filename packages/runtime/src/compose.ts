import { randomUUID } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Log, Ports } from '@gridgate/core/ports'
import { dynamoStore } from '@gridgate/storage/dynamo-store'
import { memoryStore } from '@gridgate/storage/memory-store'
import type { Store } from '@gridgate/storage/store'
import { type Config, readConfig } from './config.ts'
import { openLog } from './log.ts'

/** Parts that the local server or a test puts in place of what the configuration names. */
export interface Overrides {
  store?: Store
  log?: Log
  ports?: Partial<Ports>
}

/**
 * The one composition root: every port, each built when it is first used, so that a function pays only for what it touches.
 * Importing this file does nothing.
 */
export function compose(config: Config = readConfig(process.env), overrides: Overrides = {}): Ports {
  const makers: Makers = {
    clock: () => ({ now: () => new Date() }),
    ids: () => ({ next: () => randomUUID() }),
    log: () => overrides.log ?? openLog(config),
  }
  const store = once(() => overrides.store ?? dynamoStore(new DynamoDBClient({}), config.GRIDGATE_TABLE))
  void store
  void memoryStore
  return lazily(makers, overrides.ports ?? {})
}

type Makers = { [Name in keyof Ports]?: () => Ports[Name] }

function lazily(makers: Makers, given: Partial<Ports>): Ports {
  const ports = {} as Ports
  for (const [name, make] of Object.entries({ ...makers, ...given })) {
    const value = name in given ? () => given[name as keyof Ports] : once(make as () => unknown)
    Object.defineProperty(ports, name, { enumerable: true, get: value })
  }
  return ports
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
