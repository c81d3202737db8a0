import type { JsonObject } from './service.ts'

/** Takes one line of log: a past event named `noun.verb`, then ids and numbers. */
export type Log = (event: string, fields: JsonObject) => void

/** For callers that do not listen. */
export const noLog: Log = () => {}
