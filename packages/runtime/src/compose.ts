import type { Cipher } from '@gridgate/core/infra/cipher'
import type { Log, Ports } from '@gridgate/core/ports'
import type { Store } from '@gridgate/storage/store'
import { type Config, readConfig } from './config.ts'
import type { AwsIdentity, Parts } from './makers.ts'
import * as makers from './makers.ts'

/** Parts that the local server or a test puts in place of what the configuration names. */
export interface Overrides {
  store?: Store
  cipher?: Cipher
  log?: Log
  ports?: Partial<Ports>
  /** As whom AWS is called, in place of what the process's environment says. */
  aws?: AwsIdentity
}

/**
 * The one composition root: every port, each built when it is first used, so that a function pays only for what it touches.
 * Importing this file does nothing.
 */
export function compose(config: Config = readConfig(process.env), overrides: Overrides = {}): Ports {
  const { ports, aws, ...given } = overrides
  return lazily({ config, ...aws, ...given, ...ports })
}

type Makers = { [Name in Exclude<keyof Parts, 'config'>]: (parts: Parts) => Parts[Name] }

/** Defines each part as what is given, or as what its maker gives when it is first asked for. */
function lazily(given: Partial<Parts>): Parts {
  const parts = {} as Parts
  const all: Makers = makers
  for (const [name, make] of Object.entries({ ...all, ...given })) {
    const found = given[name as keyof Parts]
    const get = found === undefined ? once(() => (make as (from: Parts) => unknown)(parts)) : () => found
    Object.defineProperty(parts, name, { enumerable: true, get })
  }
  return parts
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
