/** Port: what is done to a Kubernetes cluster; see packages/kube. */
export type InfraBuilder = object
