import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WrongConfiguration } from '@gridgate/runtime/wrong-configuration'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireReachable } from './require-reachable.ts'

let server: Server
let there: string
let nowhere: string

beforeAll(async () => {
  const closed = await listening()
  nowhere = addressOf(closed)
  await new Promise((resolve) => closed.close(resolve))
  server = await listening()
  there = addressOf(server)
})
afterAll(() => void server.close())

/** Answers as an AWS that does not know what it is asked. */
async function listening(): Promise<Server> {
  const made = createServer((_, response) => response.writeHead(400).end('{}'))
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return made
}
const addressOf = (of: Server): string => `http://127.0.0.1:${(of.address() as AddressInfo).port}`

describe('endpoints of another AWS', () => {
  it.each([
    ['none is named', () => ({})],
    ['the variable is empty', () => ({ AWS_ENDPOINT_URL: '' })],
    ['something answers', () => ({ AWS_ENDPOINT_URL: there })],
    ['something answers for the one that is named', () => ({ AWS_ENDPOINT_URL_SQS: `${there}/` })],
    ['a service that is not used is away', () => ({ AWS_ENDPOINT_URL: there, AWS_ENDPOINT_URL_S3: nowhere })],
  ])('are good where %s', async (_, environment) => {
    await expect(requireReachable(environment())).resolves.toBeUndefined()
  })

  it.each([
    ['AWS_ENDPOINT_URL', () => ({ AWS_ENDPOINT_URL: nowhere })],
    ['AWS_ENDPOINT_URL_KMS', () => ({ AWS_ENDPOINT_URL: there, AWS_ENDPOINT_URL_KMS: nowhere })],
  ])('are refused where nobody listens, naming %s', async (variable, environment) => {
    const refused = await requireReachable(environment()).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(WrongConfiguration)
    expect((refused as Error).message).toBe(
      `nothing answers at ${nowhere}, which ${variable} names (ECONNREFUSED); start what is to listen there, or unset ${variable} to use the embedded AWS`,
    )
  })

  it.each(['localhost:4566', 'ftp://127.0.0.1', 'canary'])('are refused as %s, which is no address', async (given) => {
    const refused = requireReachable({ AWS_ENDPOINT_URL_SFN: given })
    await expect(refused).rejects.toThrow(
      /^wrong configuration: AWS_ENDPOINT_URL_SFN must be an http or https address$/,
    )
  })

  it('are told of without what may be secret in them', async () => {
    const { host } = new URL(nowhere)
    const refused = requireReachable({ AWS_ENDPOINT_URL: `http://canary:canary@${host}/canary?canary` })
    await expect(refused).rejects.toThrow(/^nothing answers at http:\/\/[\d.:]+, which((?!canary).)*$/)
  })
})
