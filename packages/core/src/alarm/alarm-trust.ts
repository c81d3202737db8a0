/** Port: whom alarms are believed from, beside callers with a key (spec/decisions.md 42). */
export interface AlarmTrust {
  /** ARNs of SNS topics; none is believed while there are none. */
  topics: readonly string[]
  /** `account` or `account/region` of EventBridge; every one is believed while there are none. */
  eventBridgeSources: readonly string[]
  /** Secrets of webhooks that the configuration names, `whsec_…`. */
  webhookSecrets: readonly string[]
  /** The certificate at an address, PEM. @throws {GridError} as every request to elsewhere */
  certificate(url: string): Promise<string>
  /** Calls an address once, as a subscription is confirmed. @throws {GridError} as every request to elsewhere */
  visit(url: string): Promise<void>
}
