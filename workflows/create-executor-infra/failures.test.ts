import { describeChain, describePassing, type Lasting, lasting } from '../create-cluster-infra/test/failure-table.ts'

const kinds = Object.keys(lasting) as Lasting[]
/** The failure of a state changes from state to state. */
const diagonal = (index: number): Lasting => kinds[index % kinds.length] ?? 'cut'

describeChain({ name: 'another way at each state', workflow: 'create-executor-infra', fault: diagonal })
describeChain({ name: 'another way at each state', workflow: 'remove-executor-infra', fault: (at) => diagonal(at + 2) })
describePassing('broken', ['create-executor-infra', 'remove-executor-infra'])
