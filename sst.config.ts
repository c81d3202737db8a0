/// <reference path="./.sst/platform/config.d.ts" />

// Thin on purpose: SST forbids imports at the top of this file, so what is deployed lives in packages/deployment.
export default $config({
  app(input) {
    const isProduction = input.stage === 'prod'
    return {
      name: 'gridgate',
      home: 'aws',
      removal: isProduction ? 'retain' : 'remove',
      protect: isProduction,
      providers: { aws: { version: '7.20.0' } },
    }
  },
  async run() {
    const { createGridgate } = await import('./packages/deployment/main')
    return createGridgate($app.stage)
  },
})
