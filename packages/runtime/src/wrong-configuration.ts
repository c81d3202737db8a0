/** The environment says what cannot be; the message is one line for the user. Apart, so that a start need not load the rest. */
export class WrongConfiguration extends Error {}
