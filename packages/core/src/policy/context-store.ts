/** The stored `context` of a policy: one document per level, cluster, action and policy (spec/decisions.md 22). */
export interface StoredContext {
  json: string
  version: number
}

/** Port: policy contexts, written by compare-and-set. */
export interface ContextStore {
  /** Version 0 and `{}` before the first write. */
  read(scope: string): Promise<StoredContext>
  /** False when somebody else wrote in between. */
  replace(scope: string, json: string, version: number): Promise<boolean>
}
