/** When these tables were last looked through. AWS changes both without asking. */
export const asOf = '2026-11-29'

/** What a partition of the table, or of an index, takes in a second. */
export const partition = { writeUnitsMax: 1_000, readUnitsMax: 3_000 }

/** State transitions of an account in the largest regions, a second. */
export const transitionsPerSecond = 1_500

export interface Quota {
  what: string
  quota: string
  /** What the code does about it, or what is to be done. */
  here: string
  /** Where it stands. */
  source: string
}

export const quotas: readonly Quota[] = [
  {
    what: 'DynamoDB, one partition',
    quota: '1,000 write and 3,000 read units a second',
    here: 'rows of different clusters are in different partitions; lists are not (below)',
    source: 'DynamoDB guide, "Understanding warm throughput in different scenarios"',
  },
  {
    what: 'DynamoDB, a new on-demand table',
    quota: '4,000 write and 12,000 read units a second at once, more as it grows',
    here: 'the table is on demand; warm it before a large import',
    source: 'the same page',
  },
  {
    what: 'DynamoDB, one item',
    quota: '400 KB',
    here: 'nodes are items of their own; a document without its nodes is refused above 380,000 bytes, replies go on in parts',
    source: 'DynamoDB guide, "Limits in Amazon DynamoDB"',
  },
  {
    what: 'DynamoDB, rows of one partition key',
    quota: '10 GB, only where a table has a local index',
    here: 'there is none; lists may grow without end, and expire by TTL',
    source: 'the same page',
  },
  {
    what: 'API Gateway, an account and region',
    quota: '10,000 requests a second, 5,000 at once; 2,500 in some regions; can be raised',
    here: 'each caller is held to 600 a minute (`GRIDGATE_RATE_LIMIT`)',
    source: '"Amazon API Gateway quotas"',
  },
  {
    what: 'Lambda, functions that run at a time',
    quota: '1,000 in an account; can be raised',
    here: 'the policy function reserves 20 (`GRIDGATE_POLICY_RUNS`); no other is reserved, so all share the rest',
    source: 'AWS re:Post answer; the guide was not at hand',
  },
  {
    what: 'Step Functions, StartExecution',
    quota:
      '1,300 at once, then 300 a second, in us-east-1, us-west-2 and eu-west-1; 800 and 150 in others; can be raised',
    here: 'a start that is refused is made up for by `sweep-tasks` within a minute or two',
    source: 'Step Functions guide, "Quotas", as last published in its repository (2023)',
  },
  {
    what: 'Step Functions, transitions of all executions',
    quota: '5,000 at once, then 1,500 a second, in the same three; 800 and 500 in others; can be raised',
    here: 'executions wait and none fails (`ExecutionThrottled` has an alarm); what a task takes is below',
    source: 'the same page',
  },
  {
    what: 'Step Functions, DescribeExecution',
    quota: '300 at once, then 15 a second; 250 and 10 in others; can be raised',
    here: '`sweep-tasks` asks once a minute about each open task: above some 1,000 of them it skips some, says so in its log, and asks again',
    source: 'the same page',
  },
  {
    what: 'KMS, symmetric operations',
    quota: '10,000 a second, 20,000 or 100,000 in large regions, shared by all keys; can be raised',
    here: 'one call for a kubeconfig put or opened; a function opens the gateway key once and remembers it',
    source: 'KMS guide, "Request quotas"',
  },
  {
    what: "IAM, a role's inline policies; roles of an account",
    quota: '10,240 characters; 1,000 roles, can be raised',
    here: "`test/deploy` fails when a function's policy is above it",
    source: 'IAM guide, "IAM and AWS STS quotas"',
  },
  {
    what: 'SQS, a standard queue',
    quota: 'nearly any number of calls and messages; 120,000 received and not yet deleted',
    here: 'alarms and notifications',
    source: 'SQS guide, "Amazon SQS message quotas", "Quotas related to queues"',
  },
]

export interface Price {
  what: string
  dollars: number
  each: number
}

/** List prices of us-east-1. Table units agree with third parties' pages; the others are remembered, like packages/deployment/README.md. */
export const prices = {
  writeUnit: { what: 'DynamoDB write units, on demand', dollars: 0.625, each: 1e6 },
  request: { what: 'HTTP API requests', dollars: 1, each: 1e6 },
  invocation: { what: 'Lambda calls', dollars: 0.2, each: 1e6 },
  gbSecond: { what: 'Lambda GB-seconds (arm64)', dollars: 13.33, each: 1e6 },
  logGb: { what: 'log GB', dollars: 0.5, each: 1 },
} as const satisfies Record<string, Price>

/** What is assumed, because nothing here was measured on AWS. */
export const assumed = { secondsOfCall: 0.05, memoryGb: 0.5, logKbOfCall: 0.5 }
