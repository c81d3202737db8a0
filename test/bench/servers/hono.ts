import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { sampleCluster, samplePath } from '../sample-cluster.ts'
import { announce } from './announce.ts'

const app = new Hono()
app.get('/clusters/read/:id', (context) => context.json({ success: true, data: sampleCluster }))
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  announce(`http://127.0.0.1:${port}${samplePath}`)
})
