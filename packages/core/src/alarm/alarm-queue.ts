/** Port: the queue from intake to rules. What nobody could handle goes to its dead letters. */
export interface AlarmQueue {
  /** @param message JSON text @throws {GridError} `service.unavailable` */
  send(message: string): Promise<void>
}
