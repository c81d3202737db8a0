/** How a queue is named outside: its URL and its ARN. */
export interface QueueNames {
  readonly accountId: string
  urlOf(name: string): string
  arnOf(name: string): string
  /** The name in a queue's URL, whatever host it names; the empty text when there is none. */
  nameOfUrl(url: string): string
  nameOfArn(arn: string): string
}

/** Names of the queues of one account; `baseUrl` is asked each time, as the endpoint gets its port late. */
export function queueNames(options: { region: string; accountId: string; baseUrl: () => string }): QueueNames {
  const { region, accountId, baseUrl } = options
  const arnPrefix = `arn:aws:sqs:${region}:${accountId}:`
  return {
    accountId,
    urlOf: (name) => `${baseUrl()}/${accountId}/${name}`,
    arnOf: (name) => arnPrefix + name,
    nameOfUrl: (url) => url.slice(url.lastIndexOf('/') + 1),
    nameOfArn: (arn) => (arn.startsWith(arnPrefix) ? arn.slice(arnPrefix.length) : ''),
  }
}
