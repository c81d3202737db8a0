/** The types of core/v1 and of metadata, in the notation of `parse-types.ts` (Kubernetes 1.32 API reference). */
export const coreTypes = `
ObjectMeta = name:s generateName:s namespace:s uid:s resourceVersion:s generation:i creationTimestamp:s selfLink:s
 deletionTimestamp:s deletionGracePeriodSeconds:i labels:{s} annotations:{s} finalizers:s[set]
 ownerReferences:OwnerReference[uid] managedFields:any[]
OwnerReference~ = apiVersion:s! kind:s! name:s! uid:s! controller:b blockOwnerDeletion:b
LabelSelector~ = matchLabels:{s} matchExpressions:LabelSelectorRequirement[]
LabelSelectorRequirement = key:s! operator:s(In|NotIn|Exists|DoesNotExist)! values:s[]
Condition = type:s! status:s(True|False|Unknown)! observedGeneration:i lastTransitionTime:s lastUpdateTime:s lastProbeTime:s
 lastHeartbeatTime:s reason:s message:s
LocalObjectReference~ = name:s
ObjectReference~ = apiVersion:s kind:s name:s namespace:s uid:s resourceVersion:s fieldPath:s
TypedLocalObjectReference~ = apiGroup:s kind:s! name:s! namespace:s
Namespace = metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
NamespaceSpec = finalizers:s[]
NamespaceStatus = phase:s(Active|Terminating) conditions:Condition[type]
Node = metadata:ObjectMeta spec:NodeSpec status:NodeStatus
NodeSpec = podCIDR:s podCIDRs:s[set] providerID:s unschedulable:b taints:Taint[] configSource:any externalID:s
Taint = key:s! value:s effect:s(NoSchedule|PreferNoSchedule|NoExecute)! timeAdded:s
NodeStatus = capacity:{q} allocatable:{q} phase:s conditions:Condition[type] addresses:NodeAddress[type] daemonEndpoints:any
 nodeInfo:any images:any[] volumesInUse:s[] volumesAttached:any[] config:any runtimeHandlers:any[] features:any
NodeAddress = type:s! address:s!
Pod = metadata:ObjectMeta spec:PodSpec! status:PodStatus
PodTemplateSpec = metadata:ObjectMeta spec:PodSpec!
PodSpec = volumes:Volume[name] initContainers:Container[name] containers:Container[name]! ephemeralContainers:any[]
 restartPolicy:s(Always|OnFailure|Never)=Always terminationGracePeriodSeconds:i=30 activeDeadlineSeconds:i
 dnsPolicy:s(ClusterFirst|ClusterFirstWithHostNet|Default|None)=ClusterFirst nodeSelector:{s}~ serviceAccountName:s
 serviceAccount:s automountServiceAccountToken:b nodeName:s hostNetwork:b hostPID:b hostIPC:b shareProcessNamespace:b
 securityContext:PodSecurityContext={} imagePullSecrets:LocalObjectReference[name] hostname:s subdomain:s affinity:any
 schedulerName:s=default-scheduler tolerations:Toleration[] hostAliases:HostAlias[ip] priorityClassName:s priority:i
 dnsConfig:any readinessGates:any[] runtimeClassName:s enableServiceLinks:b preemptionPolicy:s overhead:{q}
 topologySpreadConstraints:TopologySpreadConstraint[topologyKey,whenUnsatisfiable] setHostnameAsFQDN:b os:any hostUsers:b
 schedulingGates:SchedulingGate[name] resourceClaims:any[] resources:ResourceRequirements
SchedulingGate = name:s!
HostAlias = ip:s! hostnames:s[]
TopologySpreadConstraint = maxSkew:i! topologyKey:s! whenUnsatisfiable:s(DoNotSchedule|ScheduleAnyway)! labelSelector:LabelSelector
 minDomains:i nodeAffinityPolicy:s nodeTaintsPolicy:s matchLabelKeys:s[]
Toleration = key:s operator:s(Exists|Equal) value:s effect:s(NoSchedule|PreferNoSchedule|NoExecute) tolerationSeconds:i
PodSecurityContext = runAsUser:i runAsGroup:i runAsNonRoot:b supplementalGroups:i[] supplementalGroupsPolicy:s fsGroup:i
 fsGroupChangePolicy:s sysctls:any[] seLinuxOptions:any windowsOptions:any seccompProfile:SeccompProfile appArmorProfile:any
 seLinuxChangePolicy:s
SeccompProfile = type:s(RuntimeDefault|Unconfined|Localhost)! localhostProfile:s
SecurityContext = capabilities:Capabilities privileged:b runAsUser:i runAsGroup:i runAsNonRoot:b readOnlyRootFilesystem:b
 allowPrivilegeEscalation:b procMount:s seLinuxOptions:any windowsOptions:any seccompProfile:SeccompProfile appArmorProfile:any
Capabilities = add:s[] drop:s[]
Container = name:s! image:s command:s[] args:s[] workingDir:s ports:ContainerPort[containerPort,protocol]
 envFrom:EnvFromSource[] env:EnvVar[name] resources:ResourceRequirements={} resizePolicy:any[] restartPolicy:s
 volumeMounts:VolumeMount[mountPath] volumeDevices:VolumeDevice[devicePath] livenessProbe:Probe readinessProbe:Probe
 startupProbe:Probe lifecycle:any terminationMessagePath:s=/dev/termination-log
 terminationMessagePolicy:s(File|FallbackToLogsOnError)=File imagePullPolicy:s(Always|IfNotPresent|Never)
 securityContext:SecurityContext stdin:b stdinOnce:b tty:b
ContainerPort = name:s hostPort:i containerPort:i! protocol:s(TCP|UDP|SCTP)=TCP hostIP:s
EnvVar = name:s! value:s valueFrom:EnvVarSource
EnvVarSource = fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector configMapKeyRef:KeySelector
 secretKeyRef:KeySelector fileKeyRef:any
ObjectFieldSelector~ = apiVersion:s=v1 fieldPath:s!
ResourceFieldSelector~ = containerName:s resource:s! divisor:q
KeySelector~ = name:s key:s! optional:b
EnvFromSource = prefix:s configMapRef:OptionalReference secretRef:OptionalReference
OptionalReference = name:s optional:b
ResourceRequirements = limits:{q} requests:{q} claims:any[]
VolumeMount = name:s! readOnly:b mountPath:s! subPath:s mountPropagation:s subPathExpr:s recursiveReadOnly:s
VolumeDevice = name:s! devicePath:s!
Probe = exec:any httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:any initialDelaySeconds:i timeoutSeconds:i=1
 periodSeconds:i=10 successThreshold:i=1 failureThreshold:i=3 terminationGracePeriodSeconds:i
HTTPGetAction = path:s=/ port:is! host:s scheme:s(HTTP|HTTPS)=HTTP httpHeaders:any[]
TCPSocketAction = port:is! host:s
Volume = name:s! hostPath:HostPathVolume emptyDir:EmptyDirVolume secret:SecretVolume configMap:ConfigMapVolume
 persistentVolumeClaim:ClaimVolume projected:ProjectedVolume downwardAPI:any nfs:any iscsi:any csi:any ephemeral:any
 gcePersistentDisk:any awsElasticBlockStore:any glusterfs:any rbd:any cephfs:any fc:any azureFile:any azureDisk:any image:any
HostPathVolume = path:s! type:s=
EmptyDirVolume = medium:s sizeLimit:q
SecretVolume = secretName:s items:KeyToPath[] defaultMode:i=420 optional:b
ConfigMapVolume = name:s items:KeyToPath[] defaultMode:i=420 optional:b
KeyToPath = key:s! path:s! mode:i
ClaimVolume = claimName:s! readOnly:b
ProjectedVolume = sources:any[] defaultMode:i=420
PodStatus = phase:s conditions:Condition[type] message:s reason:s nominatedNodeName:s hostIP:s hostIPs:any[] podIP:s
 podIPs:PodIP[ip] startTime:s initContainerStatuses:any[] containerStatuses:any[] qosClass:s ephemeralContainerStatuses:any[]
 resize:s resourceClaimStatuses:any[] observedGeneration:i
PodIP = ip:s!
Service = metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceSpec = ports:ServicePort[port,protocol] selector:{s}~ clusterIP:s clusterIPs:s[]
 type:s(ClusterIP|NodePort|LoadBalancer|ExternalName)=ClusterIP externalIPs:s[] sessionAffinity:s(None|ClientIP)=None
 loadBalancerIP:s loadBalancerSourceRanges:s[] externalName:s externalTrafficPolicy:s(Cluster|Local) healthCheckNodePort:i
 publishNotReadyAddresses:b sessionAffinityConfig:any ipFamilies:s[] ipFamilyPolicy:s allocateLoadBalancerNodePorts:b
 loadBalancerClass:s internalTrafficPolicy:s(Cluster|Local)=Cluster trafficDistribution:s
ServicePort = name:s protocol:s(TCP|UDP|SCTP)=TCP appProtocol:s port:i! targetPort:is nodePort:i
ServiceStatus = loadBalancer:any={} conditions:Condition[type]
ServiceAccount = metadata:ObjectMeta secrets:ObjectReference[name] imagePullSecrets:LocalObjectReference[]
 automountServiceAccountToken:b
Secret = metadata:ObjectMeta immutable:b data:{s} stringData:{s} type:s=Opaque
ConfigMap = metadata:ObjectMeta immutable:b data:{s} binaryData:{s}
Event = metadata:ObjectMeta involvedObject:ObjectReference reason:s message:s source:any firstTimestamp:s lastTimestamp:s
 count:i type:s eventTime:s series:any action:s related:any reportingComponent:s reportingInstance:s
Endpoints = metadata:ObjectMeta subsets:any[]
PersistentVolumeClaim = metadata:ObjectMeta spec:ClaimSpec status:ClaimStatus
ClaimSpec = accessModes:s[] selector:LabelSelector resources:ResourceRequirements volumeName:s storageClassName:s
 volumeMode:s(Filesystem|Block)=Filesystem dataSource:TypedLocalObjectReference dataSourceRef:any volumeAttributesClassName:s
ClaimStatus = phase:s accessModes:s[] capacity:{q} conditions:Condition[type] allocatedResources:{q}
 allocatedResourceStatuses:{s} currentVolumeAttributesClassName:s modifyVolumeStatus:any
PersistentVolume = metadata:ObjectMeta spec:any status:any
Binding = metadata:ObjectMeta target:ObjectReference!
`
