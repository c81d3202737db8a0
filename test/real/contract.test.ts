import { kubernetesContract } from '../../packages/kube/contract/kubernetes-contract.ts'
import { realCluster } from './real-cluster.ts'

kubernetesContract('a real control plane', async () => realCluster())
