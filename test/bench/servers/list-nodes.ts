import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'

// A program that knows the nodes of a cluster by the library alone, and does nothing else with them.
const config = new KubeConfig()
config.loadFromFile(process.argv[2] ?? '')
const { items } = await config.makeApiClient(CoreV1Api).listNode()
process.stdout.write(`${JSON.stringify({ nodes: items.length })}\n`)
process.stdin.on('end', () => process.exit(0)).resume()
