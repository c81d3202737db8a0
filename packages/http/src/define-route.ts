import { z } from 'zod'
import { bodyBytesDefault, type Method, type Route } from './route.ts'

type Given<Params, Query, Body> = Pick<Route<Params, Query, Body>, 'summary' | 'access' | 'returns'> &
  Partial<Omit<Route<Params, Query, Body>, 'method' | 'path' | 'summary' | 'access' | 'returns'>>

const nothing = z.looseObject({})
type Nothing = z.infer<typeof nothing>

const define =
  (method: Method) =>
  <Params = Nothing, Query = Nothing, Body = undefined>(
    path: string,
    given: Given<Params, Query, Body>,
  ): Route<Params, Query, Body> => ({
    params: nothing as unknown as z.ZodType<Params>,
    query: nothing as unknown as z.ZodType<Query>,
    operation: null,
    body: null,
    cluster: () => null,
    bodyBytesMax: bodyBytesDefault,
    anyMediaType: false,
    envelope: true,
    beside: {},
    mediaType: 'application/json',
    status: 200,
    errors: [],
    aliases: [],
    errorMembers: () => ({}),
    oneTimeSecret: false,
    ...given,
    method,
    path,
  })

/** Say what an endpoint takes and gives; `endpoint` joins it with the handler. */
export const get = define('GET')
export const post = define('POST')
export const put = define('PUT')
export const patch = define('PATCH')
export const del = define('DELETE')
