import { IdempotencyItemAlreadyExistsError, IdempotencyItemNotFoundError } from '@aws-lambda-powertools/idempotency'
import { BasePersistenceLayer, IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence'
import { ConditionFailed, type Item, type Store } from './store.ts'
import { keys } from './table.ts'

/** A row holds at most 400 KB; a longer reply goes on in rows of its own. */
const partCharactersMax = 100_000

/** Keeps Powertools' records in the one table, so that they work on every store. */
export class ReplyRecords extends BasePersistenceLayer {
  readonly #store: Store

  constructor(store: Store) {
    super()
    this.#store = store
  }

  protected override async _getRecord(id: string): Promise<IdempotencyRecord> {
    const item = await this.#store.get(keys.idempotency(id))
    if (!item) throw new IdempotencyItemNotFoundError()
    return this.#toRecord(id, item)
  }

  protected override async _putRecord(record: IdempotencyRecord): Promise<void> {
    const key = keys.idempotency(record.idempotencyKey)
    const found = await this.#store.get(key)
    if (found && !this.#isFree(found)) throw await this.#taken(record.idempotencyKey, found)
    try {
      await this.#store.write({
        put: { ...key, ...fields(record), claim: String(found ? Number(found.claim) + 1 : 1) },
        when: found ? { equals: { claim: found.claim as string } } : 'absent',
      })
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error
      const winner = await this.#store.get(key)
      throw winner ? await this.#taken(record.idempotencyKey, winner) : error
    }
  }

  protected override async _updateRecord(record: IdempotencyRecord): Promise<void> {
    const key = keys.idempotency(record.idempotencyKey)
    const text = JSON.stringify(record.responseData)
    const parts: Item[] = []
    for (let at = 0; at < text.length; at += partCharactersMax)
      parts.push({
        pk: key.pk,
        sk: `PART#${String(parts.length).padStart(4, '0')}`,
        text: text.slice(at, at + partCharactersMax),
        ttl: record.expiryTimestamp ?? 0,
      })
    await this.#store.writeMany(parts.map((put) => ({ put })))
    await this.#store.write({ put: { ...key, ...fields(record), claim: '0' } })
  }

  protected override async _deleteRecord(record: IdempotencyRecord): Promise<void> {
    await this.#store.write({ remove: keys.idempotency(record.idempotencyKey) })
  }

  /** Claims that an earlier use does not stand in the way any more. By the machine's own time, as Powertools writes it. */
  #isFree(item: Item): boolean {
    const now = Date.now()
    if (now / 1000 > (item.ttl ?? 0)) return true
    return item.status === 'INPROGRESS' && now > Number(item.runningUntilMs ?? Number.POSITIVE_INFINITY)
  }

  async #taken(id: string, item: Item): Promise<IdempotencyItemAlreadyExistsError> {
    return new IdempotencyItemAlreadyExistsError('taken', await this.#toRecord(id, item))
  }

  async #toRecord(id: string, item: Item): Promise<IdempotencyRecord> {
    const done = item.status === 'COMPLETED'
    const parts = done ? (await this.#store.query({ from: { pk: item.pk }, prefix: 'PART#' })).items : []
    const text = parts.map((part) => part.text).join('')
    return new IdempotencyRecord({
      idempotencyKey: id,
      status: item.status as 'INPROGRESS' | 'COMPLETED',
      expiryTimestamp: item.ttl as number,
      payloadHash: item.payloadHash as string,
      ...(item.runningUntilMs === undefined ? {} : { inProgressExpiryTimestamp: item.runningUntilMs as number }),
      ...(text === '' ? {} : { responseData: JSON.parse(text) }),
    })
  }
}

const fields = (record: IdempotencyRecord) => ({
  status: record.getStatus(),
  ttl: record.expiryTimestamp ?? 0,
  ...(record.payloadHash === undefined ? {} : { payloadHash: record.payloadHash }),
  ...(record.inProgressExpiryTimestamp === undefined ? {} : { runningUntilMs: record.inProgressExpiryTimestamp }),
})
