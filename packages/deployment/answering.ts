/** Questions asked at most, and the time between two, in ms: together three minutes, or so many answers that do not come. */
const questionsMax = 60
const pauseMs = 3_000
/** The longest that one answer is waited for, in ms. */
const answerMsMax = 10_000

/**
 * Waits until an address is answered by our own function. A new API knows its routes a little after they are made, and SNS does
 * not ask again where it was answered 404 ("Amazon SNS message delivery retries").
 * @throws {Error} before there is a subscription: the next deployment would take one that nobody confirmed for a good one
 */
export async function untilAnswered(url: string, pause: () => Promise<void> = pauseFor): Promise<string> {
  for (let questions = 1; questions <= questionsMax; questions++) {
    if (await isAnswered(url)) return url
    if (questions < questionsMax) await pause()
  }
  throw new Error(
    `${url} is not answered yet; with a domain of your own, lead its name to API Gateway and deploy again`,
  )
}

/** Every answer of ours has a request's id; 404 is the function that stands for routes which are not there. */
async function isAnswered(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(answerMsMax)
    const { status, headers } = await fetch(url, { method: 'POST', body: '{}', redirect: 'manual', signal })
    return headers.has('x-request-id') && status !== 404 && status !== 405 && status < 500
  } catch {
    return false // no name, no connection, no certificate yet
  }
}

const pauseFor = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pauseMs))
