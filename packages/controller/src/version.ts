import packageJson from '../package.json' with { type: 'json' }

/** Of this program, as it is told to the gateway and in logs. */
export const { version } = packageJson
