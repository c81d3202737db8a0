import type { BuildOptions } from 'esbuild'

/** Bundled modules still find `require`, which some libraries ask for. */
const banner = "const require = process.getBuiltinModule('module').createRequire(import.meta.url);"

/** How everything of ours is bundled for Node: functions, and the program of the controller's image. */
export const nodeBundle = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  banner: { js: banner },
  logLevel: 'silent',
} as const satisfies BuildOptions

/** Bundles so that names stay, and stacks can be read. */
export async function bundleForNode(options: BuildOptions): Promise<void> {
  const esbuild = await import('esbuild')
  try {
    await esbuild.build({ ...nodeBundle, minifySyntax: true, minifyWhitespace: true, ...options })
  } finally {
    await esbuild.stop() // its process would stay otherwise
  }
}
