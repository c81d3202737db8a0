import type { ExecutionSwitch } from './execution-switch.ts'

export interface StoredSwitch {
  setting: ExecutionSwitch
  version: number
}

/** Port: the network's switch; those of clusters stand in their documents. */
export interface PolicyExecutionStore {
  /** Strongly consistent; `local` with version 0 before the first change. */
  read(): Promise<StoredSwitch>
  /** Puts the next version if the stored one is still `version`. @throws {GridError} `policy.changed` */
  replace(setting: ExecutionSwitch, version: number): Promise<StoredSwitch>
}
