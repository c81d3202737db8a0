import { kubernetesContract } from '../../../kube/contract/kubernetes-contract.ts'
import { startContractCluster } from './test-cluster.ts'

kubernetesContract('the simulated cluster', startContractCluster)
