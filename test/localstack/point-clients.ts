import { inject } from 'vitest'

/** Every client of every test goes to LocalStack, by nothing but the standard variables. */
Object.assign(process.env, {
  AWS_ENDPOINT_URL: inject('endpoint'),
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
})
