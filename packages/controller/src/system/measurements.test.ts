import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestController, type TestController } from '../../test/test-controller.ts'

let controller: TestController

beforeAll(async () => {
  controller = await startTestController()
})
afterAll(() => controller.stop())

const sample = /^[a-z_]+(\{([a-z]+="[^"\\\n]*",?)+\})? [0-9.e+-]+$/

describe('GET /metrics', () => {
  it('counts requests by route and status, never by what was asked for', async () => {
    await controller.call('GET', '/nodes/gpu-node-1')
    await controller.call('GET', '/nodes/no-such-node')
    await controller.call('GET', '/nodes/no-such-node')
    await controller.get('/some/where')
    await controller.get('/else/where')
    const { status, text } = await controller.get('/metrics')
    expect(status).toBe(200)
    for (const [labels, count] of [
      ['method="GET",route="/nodes/{node_id}",status="200"', 1],
      ['method="GET",route="/nodes/{node_id}",status="404"', 2],
      ['method="other",route="other",status="404"', 2],
    ])
      for (const name of [`_bucket{${labels},le="+Inf"}`, `_count{${labels}}`])
        expect(text).toContain(`gridgate_controller_request_seconds${name} ${count}\n`)
    expect(text).not.toMatch(/no-such-node|where/)
  })

  it.each([4000, 7500, 10_000])('is well-formed and open on port %d', async (port) => {
    const { status, text } = await controller.get('/metrics', port)
    expect(status).toBe(200)
    const lines = text.trimEnd().split('\n')
    expect(lines.filter((line) => !line.startsWith('# ') && !sample.test(line))).toEqual([])
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m)
  })

  it('tells how old the picture of the cluster is', async () => {
    await expect
      .poll(async () => (await controller.get('/metrics')).text, { timeout: 10_000 })
      .toMatch(/^gridgate_controller_scan_age_seconds \d/m)
  })
})
