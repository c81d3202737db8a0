/** The port is another program's. */
export class PortTaken extends Error {}
