import type { BuildOptions } from 'esbuild'

/** Bundled modules still find `require`, which some libraries ask for. */
const banner = "const require = process.getBuiltinModule('module').createRequire(import.meta.url);"

/** Bundles for Node as everything of ours is bundled: functions, and the program of the controller's image. */
export async function bundleForNode(options: BuildOptions): Promise<void> {
  const esbuild = await import('esbuild')
  try {
    await esbuild.build({
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      mainFields: ['module', 'main'],
      // Names stay, so that stacks can be read.
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: 'none',
      banner: { js: banner },
      logLevel: 'silent',
      ...options,
    })
  } finally {
    await esbuild.stop() // its process would stay otherwise
  }
}
