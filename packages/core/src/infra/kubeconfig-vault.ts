/** Port: holds an encrypted kubeconfig for the life of one task, never longer (DESIGN.md decision 3). */
export interface KubeconfigVault {
  /** Keeps a sanitised kubeconfig; returns the reference that may travel in a workflow's state. */
  put(kubeconfigJson: string, context: { clusterId: string; taskId: string }): Promise<string>
  /** @throws {GridError} `kubeconfig.gone` after its time or destruction, or for another context */
  open(reference: string, context: { clusterId: string; taskId: string }): Promise<string>
  destroy(reference: string): Promise<void>
}
