/** The token in an Authorization header that has the form of a signed one (RFC 7515 §3.1); null for anything else, such as a key. */
export const bearerToken = (authorization: string | null): string | null =>
  /^Bearer +(ey[\w-]*\.[\w-]+\.[\w-]+) *$/i.exec(authorization ?? '')?.[1] ?? null
