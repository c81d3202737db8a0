import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { untilAnswered } from '../../packages/deployment/answering.ts'

type Answer = { status: number; isOurs: boolean }

const gateway = { status: 404, isOurs: false }
const elsewhere = { status: 404, isOurs: true }
const broken = { status: 503, isOurs: true }
const refused = { status: 400, isOurs: true }

let close: (() => void) | undefined
afterEach(() => close?.())

/** Gives these answers one after another, and the last of them from then on. */
async function answering(answers: readonly Answer[]): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { status, isOurs } = answers[Math.min(asked.length, answers.length - 1)] ?? gateway
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(status, isOurs ? { 'x-request-id': '1' } : {}).end('{"message":"Not Found"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  close = () => server.close().closeAllConnections()
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alarms/sns`, asked }
}

const atOnce = async (): Promise<void> => undefined

describe('a topic asks for its confirmation', () => {
  it.each([
    ['at once where the function answers', [refused]],
    ['not before the gateway knows the route', [gateway, gateway, refused]],
    ['not while the route leads elsewhere', [elsewhere, refused]],
    ['not while the function fails', [broken, refused]],
  ])('%s', async (_, answers) => {
    const { url, asked } = await answering(answers)
    expect(await untilAnswered(url, atOnce)).toBe(url)
    expect(asked).toEqual(answers.map(() => 'POST /alarms/sns'))
  })

  it.each([
    ['the gateway never knows the route', gateway],
    ['the function always fails', broken],
  ])('never where %s', async (_, answer) => {
    const { url, asked } = await answering([answer])
    await expect(untilAnswered(url, atOnce)).rejects.toThrow(`${url} is not answered yet`)
    expect(asked).toHaveLength(60)
  })

  it('never where there is nobody', async () => {
    const { url } = await answering([refused])
    close?.()
    await expect(untilAnswered(url, atOnce)).rejects.toThrow('deploy again')
  })
})
