import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { help } from '@gridgate/local/options'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Product, root, startProduct, temporaryFolder } from './product.ts'

const text = readFileSync(join(root, 'README.md'), 'utf8')
/** The blocks that are to be run: ```sh run NAME */
const blocks = [...text.matchAll(/^```sh run ?(\w*)\n(.*?)^```$/gms)].map(([, name = '', script = '']) => ({
  name,
  script,
}))

const folder = temporaryFolder()
let product: Product
const outputs: Record<string, string> = {}
beforeAll(async () => {
  product = startProduct(folder.path, '--no-tour')
  const { url, key, kubeconfig } = await product.ready
  const env = { PATH: process.env.PATH, GRIDGATE_URL: url, GRIDGATE_KEY: key ?? '', GRIDGATE_KUBECONFIG: kubeconfig }
  const script = blocks.map(({ name, script }) => `echo '#### ${name}'\n${script}`).join('\n')
  const output = await new Promise<string>((resolve, reject) =>
    execFile('bash', ['-euc', script], { cwd: root, env, timeout: 110_000 }, (error, out, errors) =>
      error ? reject(new Error(`${error.message}\n${out}\n${errors}`)) : resolve(out),
    ),
  )
  for (const part of output.split('#### ').slice(1)) outputs[part.slice(0, part.indexOf('\n'))] = part
}, 120_000)
afterAll(async () => {
  await product.interrupt()
  folder.remove()
})

describe("the README's walk-through", () => {
  it.each([
    ['policy', ['"code_digest"', '"my-regions:1.0.0-stable"']],
    ['refusal', ['"status":403', '"code":"pre_check.denied"', 'eu-north-9', '"verdict":"denied"']],
    ['registration', ['"success":true', '"id":"cluster-west-vision-001"', '"next_cursor":null']],
    ['watching', ['event:', 'WriteUrlMap', '"task_status":"completed"']],
    ['urlmap', ['"urlMap":{"controllerService":"http://cluster-west-vision-001.company.net:32000/controller"']],
    ['drift', ['"status":"InSync"', '"enrolled":true']],
    ['nodes', ['"added":["gpu-node-1"', '"allowed":true', '"program":"kubeadm"', 'gpu-node-3']],
    ['metrics', ['"cluster_metrics"', '"load15m"', '"next_cursor":null']],
    ['failover', ['"dry_run":true', '"name":"gpu-node-1"', '"id":"hot-pool"', '2 cordoned', '2 uncordoned']],
    ['keys', ['"regionId":"us-west-2"', '"role":"viewer"', 'Key revoked']],
    ['removal', ['"task_status":"completed"', 'Cluster deleted']],
  ])('does what it says: %s', (name, expected) => {
    for (const words of expected) expect(outputs[name]).toContain(words)
  })

  it('has no failure that it does not speak of', () => {
    for (const [name, output] of Object.entries(outputs))
      if (name !== 'refusal') expect(output).not.toContain('"success":false')
  })
})

describe('the README', () => {
  it('names scripts, options and folders that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
    for (const [, name = ''] of text.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name)
    const options = text.slice(text.indexOf('## Options'), text.indexOf('## Develop'))
    for (const [option] of options.matchAll(/--[a-z-]+/g)) expect(help).toContain(option)
  })
})
