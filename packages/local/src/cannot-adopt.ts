/** The cluster cannot be adopted; the message is one line for the user. Apart, so that the start need not load the rest. */
export class CannotAdopt extends Error {}
