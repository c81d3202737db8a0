import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { sampleCluster, samplePath } from '../sample-cluster.ts'
import { announce } from './announce.ts'

/** What is used of Express, which brings no types. */
interface Express {
  get(path: string, answer: (request: unknown, response: { json(body: unknown): void }) => void): void
  listen(port: number, host: string, listening: () => void): Server
}
const express = createRequire(import.meta.url)('express') as () => Express

const app = express()
app.get('/clusters/read/:id', (_, response) => response.json({ success: true, data: sampleCluster }))
const server = app.listen(0, '127.0.0.1', () => {
  announce(`http://127.0.0.1:${(server.address() as AddressInfo).port}${samplePath}`)
})
