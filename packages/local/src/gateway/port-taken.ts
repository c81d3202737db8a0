/** The port is another program's, or the address is not this machine's; the message is one line for the user. */
export class PortTaken extends Error {}
