/** The types of the named API groups, in the notation of `parse-types.ts` (Kubernetes 1.32 API reference). */
export const groupTypes = `
Deployment = metadata:ObjectMeta spec:DeploymentSpec! status:DeploymentStatus
DeploymentSpec = replicas:i=1 selector:LabelSelector! template:PodTemplateSpec! strategy:DeploymentStrategy={} minReadySeconds:i
 revisionHistoryLimit:i=10 paused:b progressDeadlineSeconds:i=600
DeploymentStrategy = type:s(Recreate|RollingUpdate)=RollingUpdate rollingUpdate:RollingUpdate
RollingUpdate = maxUnavailable:is maxSurge:is partition:i
DeploymentStatus = observedGeneration:i replicas:i updatedReplicas:i readyReplicas:i availableReplicas:i unavailableReplicas:i
 terminatingReplicas:i conditions:Condition[type] collisionCount:i
ReplicaSet = metadata:ObjectMeta spec:ReplicaSetSpec! status:ReplicaSetStatus
ReplicaSetSpec = replicas:i=1 minReadySeconds:i selector:LabelSelector! template:PodTemplateSpec
ReplicaSetStatus = replicas:i fullyLabeledReplicas:i readyReplicas:i availableReplicas:i terminatingReplicas:i
 observedGeneration:i conditions:Condition[type]
DaemonSet = metadata:ObjectMeta spec:DaemonSetSpec! status:DaemonSetStatus
DaemonSetSpec = selector:LabelSelector! template:PodTemplateSpec! updateStrategy:DaemonSetStrategy={} minReadySeconds:i
 revisionHistoryLimit:i=10
DaemonSetStrategy = type:s(RollingUpdate|OnDelete)=RollingUpdate rollingUpdate:RollingUpdate
DaemonSetStatus = currentNumberScheduled:i numberMisscheduled:i desiredNumberScheduled:i numberReady:i observedGeneration:i
 updatedNumberScheduled:i numberAvailable:i numberUnavailable:i collisionCount:i conditions:Condition[type]
StatefulSet = metadata:ObjectMeta spec:StatefulSetSpec! status:StatefulSetStatus
StatefulSetSpec = replicas:i=1 selector:LabelSelector! template:PodTemplateSpec! volumeClaimTemplates:PersistentVolumeClaim[]
 serviceName:s podManagementPolicy:s(OrderedReady|Parallel)=OrderedReady updateStrategy:StatefulSetStrategy={}
 revisionHistoryLimit:i=10 minReadySeconds:i persistentVolumeClaimRetentionPolicy:ClaimRetention={} ordinals:any
ClaimRetention = whenDeleted:s(Retain|Delete)=Retain whenScaled:s(Retain|Delete)=Retain
StatefulSetStrategy = type:s(RollingUpdate|OnDelete)=RollingUpdate rollingUpdate:RollingUpdate
StatefulSetStatus = observedGeneration:i replicas:i readyReplicas:i currentReplicas:i updatedReplicas:i currentRevision:s
 updateRevision:s collisionCount:i conditions:Condition[type] availableReplicas:i
Scale = metadata:ObjectMeta spec:ScaleSpec status:any
ScaleSpec = replicas:i
Job = metadata:ObjectMeta spec:JobSpec! status:JobStatus
JobSpec = parallelism:i completions:i activeDeadlineSeconds:i podFailurePolicy:any successPolicy:any backoffLimit:i=6
 backoffLimitPerIndex:i maxFailedIndexes:i selector:LabelSelector manualSelector:b template:PodTemplateSpec!
 ttlSecondsAfterFinished:i completionMode:s(NonIndexed|Indexed)=NonIndexed suspend:b=false
 podReplacementPolicy:s(TerminatingOrFailed|Failed) managedBy:s
JobStatus = conditions:Condition[type] startTime:s completionTime:s active:i succeeded:i failed:i terminating:i
 completedIndexes:s failedIndexes:s uncountedTerminatedPods:any ready:i
PodDisruptionBudget = metadata:ObjectMeta spec:PodDisruptionBudgetSpec status:PodDisruptionBudgetStatus
PodDisruptionBudgetSpec = minAvailable:is selector:LabelSelector maxUnavailable:is
 unhealthyPodEvictionPolicy:s(IfHealthyBudget|AlwaysAllow)
PodDisruptionBudgetStatus = observedGeneration:i disruptedPods:{s} disruptionsAllowed:i currentHealthy:i desiredHealthy:i
 expectedPods:i conditions:Condition[type]
Eviction = metadata:ObjectMeta deleteOptions:any
PolicyRule = verbs:s[]! apiGroups:s[] resources:s[] resourceNames:s[] nonResourceURLs:s[]
RoleRef~ = apiGroup:s kind:s! name:s!
RoleSubject~ = kind:s! apiGroup:s name:s! namespace:s
Role = metadata:ObjectMeta rules:PolicyRule[]
ClusterRole = metadata:ObjectMeta rules:PolicyRule[] aggregationRule:any
RoleBinding = metadata:ObjectMeta subjects:RoleSubject[] roleRef:RoleRef!
ClusterRoleBinding = metadata:ObjectMeta subjects:RoleSubject[] roleRef:RoleRef!
NetworkPolicy = metadata:ObjectMeta spec:NetworkPolicySpec
NetworkPolicySpec = podSelector:LabelSelector ingress:NetworkPolicyIngress[] egress:NetworkPolicyEgress[]
 policyTypes:s(Ingress|Egress)[]
NetworkPolicyIngress = ports:NetworkPolicyPort[] from:NetworkPolicyPeer[]
NetworkPolicyEgress = ports:NetworkPolicyPort[] to:NetworkPolicyPeer[]
NetworkPolicyPort = protocol:s(TCP|UDP|SCTP)=TCP port:is endPort:i
NetworkPolicyPeer = podSelector:LabelSelector namespaceSelector:LabelSelector ipBlock:any
Ingress = metadata:ObjectMeta spec:IngressSpec status:any
IngressSpec = ingressClassName:s defaultBackend:any tls:any[] rules:IngressRule[]
IngressRule = host:s http:IngressPaths
IngressPaths = paths:IngressPath[]!
IngressPath = path:s pathType:s(Exact|Prefix|ImplementationSpecific)! backend:any!
IngressClass = metadata:ObjectMeta spec:any
Lease = metadata:ObjectMeta spec:LeaseSpec
LeaseSpec = holderIdentity:s leaseDurationSeconds:i acquireTime:s renewTime:s leaseTransitions:i strategy:s
 preferredHolder:s
EndpointSlice = metadata:ObjectMeta addressType:s(IPv4|IPv6|FQDN)! endpoints:any[] ports:any[]
StorageClass = metadata:ObjectMeta provisioner:s! parameters:{s} reclaimPolicy:s(Delete|Retain|Recycle)=Delete mountOptions:s[]
 allowVolumeExpansion:b volumeBindingMode:s(Immediate|WaitForFirstConsumer)=Immediate allowedTopologies:any[]
PriorityClass = metadata:ObjectMeta value:i! globalDefault:b description:s preemptionPolicy:s=PreemptLowerPriority
CustomResourceDefinition = metadata:ObjectMeta spec:DefinitionSpec! status:DefinitionStatus
DefinitionSpec = group:s! names:DefinitionNames! scope:s(Cluster|Namespaced)! versions:DefinitionVersion[]! conversion:any
 preserveUnknownFields:b
DefinitionNames = plural:s! singular:s shortNames:s[] kind:s! listKind:s categories:s[]
DefinitionVersion = name:s! served:b! storage:b! deprecated:b deprecationWarning:s schema:any subresources:any
 additionalPrinterColumns:any[] selectableFields:any[]
DefinitionStatus = conditions:Condition[type] acceptedNames:DefinitionNames storedVersions:s[]
TokenRequest = metadata:ObjectMeta spec:TokenRequestSpec status:any
TokenRequestSpec = audiences:s[] expirationSeconds:i boundObjectRef:any
TokenReview = metadata:ObjectMeta spec:any status:any
SelfSubjectReview = metadata:ObjectMeta status:any
SubjectAccessReview = metadata:ObjectMeta spec:any status:any
SelfSubjectAccessReview = metadata:ObjectMeta spec:any status:any
LocalSubjectAccessReview = metadata:ObjectMeta spec:any status:any
SelfSubjectRulesReview = metadata:ObjectMeta spec:any status:any
JobSet = metadata:ObjectMeta spec:JobSetSpec status:JobSetStatus
JobSetSpec = replicatedJobs:ReplicatedJob[name] network:JobSetNetwork={} successPolicy:JobSetSuccess={}
 failurePolicy:JobSetFailure startupPolicy:JobSetStartup={} suspend:b coordinator:any managedBy:s
 ttlSecondsAfterFinished:i volumeClaimPolicies:any[]
ReplicatedJob = name:s! groupName:s=default template:JobTemplate! replicas:i=1 dependsOn:any[]
JobTemplate = metadata:ObjectMeta spec:JobSpec
JobSetNetwork = enableDNSHostnames:b=true subdomain:s publishNotReadyAddresses:b=true
JobSetSuccess = operator:s(All|Any)=All targetReplicatedJobs:s[]
JobSetFailure = maxRestarts:i=0 restartStrategy:s(Recreate|BlockingRecreate)=Recreate rules:any[]
JobSetStartup = startupPolicyOrder:s(AnyOrder|InOrder)=AnyOrder
JobSetStatus = conditions:Condition[type] restarts:i restartsCountTowardsMax:i terminalState:s replicatedJobsStatus:any[name]
Mapping = metadata:ObjectMeta spec:any status:any
Gateway = metadata:ObjectMeta spec:GatewaySpec! status:any
GatewaySpec = gatewayClassName:s! listeners:GatewayListener[name]! addresses:any[] infrastructure:any
GatewayListener = name:s! hostname:s port:i! protocol:s! tls:any allowedRoutes:any
GatewayClass = metadata:ObjectMeta spec:any status:any
HTTPRoute = metadata:ObjectMeta spec:HTTPRouteSpec! status:any
HTTPRouteSpec = parentRefs:any[] hostnames:s[] rules:any[]
`
