"""The protobuf messages that the API server reads: field numbers, names and types.

Source: the ``generated.proto`` files of the Kubernetes API.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageField:
    """A field: its name, what it holds, and whether it repeats."""

    name: str
    type: str
    repeated: bool


def _f(spec: str) -> dict[int, MessageField]:
    """``1 name; 3 command*; 4 spec:PodSpec``: ``*`` repeats, ``:`` gives the type.

    The fields of a message that is called ``-`` stand in the one that has it.
    """
    fields = {}
    for item in spec.split(";"):
        number, _, rest = item.strip().partition(" ")
        name, _, kind = rest.partition(":")
        fields[int(number)] = MessageField(name.rstrip("*"), kind or "str", name.endswith("*"))
    return fields


MESSAGES: dict[str, dict[int, MessageField]] = {
    "ObjectMeta": _f(
        "1 name; 2 generateName; 3 namespace; 5 uid; 6 resourceVersion; 8 creationTimestamp:Time;"
        "11 labels:map; 12 annotations:map; 13 ownerReferences*:OwnerReference; 14 finalizers*"
    ),
    "OwnerReference": _f(
        "1 kind; 3 name; 4 uid; 5 apiVersion; 6 controller:bool; 7 blockOwnerDeletion:bool"
    ),
    "LabelSelector": _f("1 matchLabels:map; 2 matchExpressions*:LabelSelectorRequirement"),
    "LabelSelectorRequirement": _f("1 key; 2 operator; 3 values*"),
    "Namespace": _f("1 metadata:ObjectMeta"),
    "ConfigMap": _f("1 metadata:ObjectMeta; 2 data:map; 3 binaryData:bytesmap; 4 immutable:bool"),
    "Secret": _f(
        "1 metadata:ObjectMeta; 2 data:bytesmap; 3 type; 4 stringData:map; 5 immutable:bool"
    ),
    "ServiceAccount": _f("1 metadata:ObjectMeta; 4 automountServiceAccountToken:bool"),
    "Pod": _f("1 metadata:ObjectMeta; 2 spec:PodSpec"),
    "PodTemplateSpec": _f("1 metadata:ObjectMeta; 2 spec:PodSpec"),
    "PodSpec": _f(
        "1 volumes*:Volume; 2 containers*:Container; 3 restartPolicy;"
        "4 terminationGracePeriodSeconds:int; 5 activeDeadlineSeconds:int; 6 dnsPolicy;"
        "7 nodeSelector:map;"
        "8 serviceAccountName; 9 serviceAccount; 10 nodeName; 11 hostNetwork:bool;"
        "12 hostPID:bool; 13 hostIPC:bool; 14 securityContext:PodSecurityContext;"
        "15 imagePullSecrets*:LocalObjectReference; 16 hostname; 17 subdomain;"
        "19 schedulerName; 20 initContainers*:Container;"
        "21 automountServiceAccountToken:bool; 22 tolerations*:Toleration;"
        "23 hostAliases*:HostAlias; 24 priorityClassName; 25 priority:int; 26 dnsConfig:DnsConfig;"
        "27 shareProcessNamespace:bool; 28 readinessGates*:ReadinessGate; 29 runtimeClassName;"
        "30 enableServiceLinks:bool; 31 preemptionPolicy; 32 overhead:quantities;"
        "35 setHostnameAsFQDN:bool; 37 hostUsers:bool; 38 schedulingGates*:LocalObjectReference;"
        "41 hostnameOverride"
    ),
    "HostAlias": _f("1 ip; 2 hostnames*"),
    "DnsConfig": _f("1 nameservers*; 2 searches*; 3 options*:DnsOption"),
    "DnsOption": _f("1 name; 2 value"),
    "ReadinessGate": _f("1 conditionType"),
    "PodSecurityContext": _f(
        "2 runAsUser:int; 3 runAsNonRoot:bool; 4 supplementalGroups*:int; 5 fsGroup:int;"
        "6 runAsGroup:int"
    ),
    "LocalObjectReference": _f("1 name"),
    "Volume": _f("1 name; 2 -:VolumeSource"),
    "VolumeSource": _f(
        "1 hostPath:HostPath; 2 emptyDir:EmptyDir; 6 secret:SecretVolume; 7 nfs:Nfs;"
        "10 persistentVolumeClaim:ClaimVolume; 16 downwardAPI:DownwardVolume;"
        "19 configMap:ConfigMapVolume; 26 projected:ProjectedVolume"
    ),
    "DownwardVolume": _f("1 items*:DownwardFile; 2 defaultMode:int"),
    "DownwardFile": _f(
        "1 path; 2 fieldRef:FieldRef; 3 resourceFieldRef:ResourceFieldRef; 4 mode:int"
    ),
    "ProjectedVolume": _f("1 sources*:ProjectedSource; 2 defaultMode:int"),
    "ProjectedSource": _f(
        "1 secret:ProjectedKeys; 2 downwardAPI:DownwardVolume; 3 configMap:ProjectedKeys;"
        "4 serviceAccountToken:ProjectedToken"
    ),
    "ProjectedKeys": _f("1 -:LocalObjectReference; 2 items*:KeyToPath; 4 optional:bool"),
    "ProjectedToken": _f("1 audience; 2 expirationSeconds:int; 3 path"),
    "HostPath": _f("1 path; 2 type"),
    "EmptyDir": _f("1 medium; 2 sizeLimit:quantity"),
    "Nfs": _f("1 server; 2 path; 3 readOnly:bool"),
    "ClaimVolume": _f("1 claimName; 2 readOnly:bool"),
    "SecretVolume": _f("1 secretName; 2 items*:KeyToPath; 3 defaultMode:int; 4 optional:bool"),
    "ConfigMapVolume": _f(
        "1 -:LocalObjectReference; 2 items*:KeyToPath; 3 defaultMode:int; 4 optional:bool"
    ),
    "KeyToPath": _f("1 key; 2 path; 3 mode:int"),
    "Toleration": _f("1 key; 2 operator; 3 value; 4 effect; 5 tolerationSeconds:int"),
    "Container": _f(
        "1 name; 2 image; 3 command*; 4 args*; 5 workingDir; 6 ports*:ContainerPort; 7 env*:EnvVar;"
        "8 resources:Resources; 9 volumeMounts*:VolumeMount; 10 livenessProbe:Probe;"
        "11 readinessProbe:Probe; 15 securityContext:SecurityContext; 22 startupProbe:Probe;"
        "12 lifecycle:Lifecycle; 19 envFrom*:EnvFrom; 13 terminationMessagePath;"
        "14 imagePullPolicy; 16 stdin:bool; 17 stdinOnce:bool; 18 tty:bool;"
        "20 terminationMessagePolicy; 24 restartPolicy"
    ),
    "Lifecycle": _f("1 postStart:LifecycleHandler; 2 preStop:LifecycleHandler"),
    "LifecycleHandler": _f(
        "1 exec:ExecAction; 2 httpGet:HttpGet; 3 tcpSocket:TcpSocket; 4 sleep:SleepAction"
    ),
    "SleepAction": _f("1 seconds:int"),
    "Resources": _f("1 limits:quantities; 2 requests:quantities"),
    "ContainerPort": _f("1 name; 2 hostPort:int; 3 containerPort:int; 4 protocol; 5 hostIP"),
    "VolumeMount": _f(
        "1 name; 2 readOnly:bool; 3 mountPath; 4 subPath; 5 mountPropagation; 6 subPathExpr"
    ),
    "Probe": _f(
        "1 -:ProbeHandler; 2 initialDelaySeconds:int; 3 timeoutSeconds:int; 4 periodSeconds:int;"
        "5 successThreshold:int; 6 failureThreshold:int; 7 terminationGracePeriodSeconds:int"
    ),
    "ProbeHandler": _f("1 exec:ExecAction; 2 httpGet:HttpGet; 3 tcpSocket:TcpSocket"),
    "ExecAction": _f("1 command*"),
    "HttpGet": _f("1 path; 2 port:IntOrString; 3 host; 4 scheme"),
    "TcpSocket": _f("1 port:IntOrString; 2 host"),
    "SecurityContext": _f(
        "1 capabilities:Capabilities; 2 privileged:bool; 4 runAsUser:int; 5 runAsNonRoot:bool;"
        "6 readOnlyRootFilesystem:bool; 7 allowPrivilegeEscalation:bool; 8 runAsGroup:int"
    ),
    "Capabilities": _f("1 add*; 2 drop*"),
    "EnvVar": _f("1 name; 2 value; 3 valueFrom:EnvVarSource"),
    "EnvVarSource": _f(
        "1 fieldRef:FieldRef; 2 resourceFieldRef:ResourceFieldRef; 3 configMapKeyRef:KeyRef;"
        "4 secretKeyRef:KeyRef"
    ),
    "FieldRef": _f("1 apiVersion; 2 fieldPath"),
    "ResourceFieldRef": _f("1 containerName; 2 resource; 3 divisor:quantity"),
    "KeyRef": _f("1 -:LocalObjectReference; 2 key; 3 optional:bool"),
    "EnvFrom": _f("1 prefix; 2 configMapRef:SourceRef; 3 secretRef:SourceRef"),
    "SourceRef": _f("1 -:LocalObjectReference; 2 optional:bool"),
    "Deployment": _f("1 metadata:ObjectMeta; 2 spec:DeploymentSpec"),
    "DeploymentSpec": _f(
        "1 replicas:int; 2 selector:LabelSelector; 3 template:PodTemplateSpec; 4 strategy:Strategy;"
        "5 minReadySeconds:int; 6 revisionHistoryLimit:int; 7 paused:bool;"
        "9 progressDeadlineSeconds:int"
    ),
    "Strategy": _f("1 type"),
    "Job": _f("1 metadata:ObjectMeta; 2 spec:JobSpec"),
    "JobSpec": _f(
        "1 parallelism:int; 2 completions:int; 3 activeDeadlineSeconds:int;"
        "4 selector:LabelSelector; 5 manualSelector:bool; 6 template:PodTemplateSpec;"
        "7 backoffLimit:int; 8 ttlSecondsAfterFinished:int; 9 completionMode; 10 suspend:bool;"
        "14 podReplacementPolicy"
    ),
    "CronJob": _f("1 metadata:ObjectMeta; 2 spec:CronJobSpec"),
    "CronJobSpec": _f(
        "1 schedule; 2 startingDeadlineSeconds:int; 3 concurrencyPolicy; 4 suspend:bool;"
        "5 jobTemplate:JobTemplate; 6 successfulJobsHistoryLimit:int; 7 failedJobsHistoryLimit:int;"
        "8 timeZone"
    ),
    "JobTemplate": _f("1 metadata:ObjectMeta; 2 spec:JobSpec"),
    "Service": _f("1 metadata:ObjectMeta; 2 spec:ServiceSpec"),
    "ServiceSpec": _f(
        "1 ports*:ServicePort; 2 selector:map; 3 clusterIP; 4 type; 7 sessionAffinity;"
        "10 externalName"
    ),
    "ServicePort": _f("1 name; 2 protocol; 3 port:int; 4 targetPort:IntOrString; 5 nodePort:int"),
    "Role": _f("1 metadata:ObjectMeta; 2 rules*:PolicyRule"),
    "ClusterRole": _f("1 metadata:ObjectMeta; 2 rules*:PolicyRule"),
    "PolicyRule": _f("1 verbs*; 2 apiGroups*; 3 resources*; 4 resourceNames*; 5 nonResourceURLs*"),
    "RoleBinding": _f("1 metadata:ObjectMeta; 2 subjects*:Subject; 3 roleRef:RoleRef"),
    "ClusterRoleBinding": _f("1 metadata:ObjectMeta; 2 subjects*:Subject; 3 roleRef:RoleRef"),
    "Subject": _f("1 kind; 2 apiGroup; 3 name; 4 namespace"),
    "RoleRef": _f("1 apiGroup; 2 kind; 3 name"),
    "ResourceQuota": _f("1 metadata:ObjectMeta; 2 spec:ResourceQuotaSpec"),
    "ResourceQuotaSpec": _f("1 hard:quantities; 2 scopes*"),
    "PodDisruptionBudget": _f("1 metadata:ObjectMeta; 2 spec:PodDisruptionBudgetSpec"),
    "PodDisruptionBudgetSpec": _f(
        "1 minAvailable:IntOrString; 2 selector:LabelSelector; 3 maxUnavailable:IntOrString;"
        "4 unhealthyPodEvictionPolicy"
    ),
    "PriorityClass": _f(
        "1 metadata:ObjectMeta; 2 value:int; 3 globalDefault:bool; 4 description;5 preemptionPolicy"
    ),
    "Ingress": _f("1 metadata:ObjectMeta; 2 spec:IngressSpec"),
    "IngressSpec": _f(
        "1 defaultBackend:IngressBackend; 2 tls*:IngressTLS; 3 rules*:IngressRule;"
        "4 ingressClassName"
    ),
    "IngressTLS": _f("1 hosts*; 2 secretName"),
    "IngressRule": _f("1 host; 2 -:IngressRuleValue"),
    "IngressRuleValue": _f("1 http:IngressHttp"),
    "IngressHttp": _f("1 paths*:IngressPath"),
    "IngressPath": _f("1 path; 2 backend:IngressBackend; 3 pathType"),
    "IngressBackend": _f("4 service:IngressService"),
    "IngressService": _f("1 name; 2 port:IngressPort"),
    "IngressPort": _f("1 name; 2 number:int"),
    "HorizontalPodAutoscaler": _f("1 metadata:ObjectMeta; 2 spec:AutoscalerSpec"),
    "AutoscalerSpec": _f(
        "1 scaleTargetRef:ScaleTarget; 2 minReplicas:int; 3 maxReplicas:int; 4 metrics*:Metric"
    ),
    "ScaleTarget": _f("1 kind; 2 name; 3 apiVersion"),
    "Metric": _f("1 type; 4 resource:ResourceMetric"),
    "ResourceMetric": _f("1 name; 2 target:MetricTarget"),
    "MetricTarget": _f(
        "1 type; 2 value:quantity; 3 averageValue:quantity; 4 averageUtilization:int"
    ),
    "TokenRequest": _f("1 metadata:ObjectMeta; 2 spec:TokenRequestSpec"),
    "TokenRequestSpec": _f("1 audiences*; 3 boundObjectRef:BoundObject; 4 expirationSeconds:int"),
    "BoundObject": _f("1 kind; 2 apiVersion; 3 name; 4 uid"),
    "Eviction": _f("1 metadata:ObjectMeta; 2 deleteOptions:DeleteOptions"),
    "SelfSubjectAccessReview": _f("1 metadata:ObjectMeta; 2 spec:SelfAccess; 3 status:Ignored"),
    "SelfAccess": _f(
        "1 resourceAttributes:ResourceAttributes; 2 nonResourceAttributes:NonResourceAttributes"
    ),
    "SubjectAccessReview": _f("1 metadata:ObjectMeta; 2 spec:Access; 3 status:Ignored"),
    "LocalSubjectAccessReview": _f("1 metadata:ObjectMeta; 2 spec:Access; 3 status:Ignored"),
    "Access": _f(
        "1 resourceAttributes:ResourceAttributes; 2 nonResourceAttributes:NonResourceAttributes;"
        "3 user; 4 groups*; 6 uid"
    ),
    "ResourceAttributes": _f(
        "1 namespace; 2 verb; 3 group; 4 version; 5 resource; 6 subresource; 7 name"
    ),
    "NonResourceAttributes": _f("1 path; 2 verb"),
    "SelfSubjectRulesReview": _f("1 metadata:ObjectMeta; 2 spec:RulesAsked; 3 status:Ignored"),
    "RulesAsked": _f("1 namespace"),
    "SelfSubjectReview": _f("1 metadata:ObjectMeta; 2 status:Ignored"),
    "TokenReview": _f("1 metadata:ObjectMeta; 2 spec:TokenAsked; 3 status:Ignored"),
    "TokenAsked": _f("1 token; 2 audiences*"),
    "CertificateSigningRequest": _f(
        "1 metadata:ObjectMeta; 2 spec:SigningRequest; 3 status:SigningStatus"
    ),
    "SigningRequest": _f(
        "1 request:bytes; 2 username; 3 uid; 4 groups*; 5 usages*; 7 signerName;"
        "8 expirationSeconds:int"
    ),
    "SigningStatus": _f("1 conditions*:SigningCondition; 2 certificate:bytes"),
    "SigningCondition": _f(
        "1 type; 2 reason; 3 message; 4 lastUpdateTime:Time; 5 lastTransitionTime:Time; 6 status"
    ),
    "DeleteOptions": _f(
        "1 gracePeriodSeconds:int; 2 preconditions:Preconditions; 3 orphanDependents:bool;"
        "4 propagationPolicy; 5 dryRun*"
    ),
    "Preconditions": _f("1 uid; 2 resourceVersion"),
}

_PARTS = {"PodTemplateSpec", "JobTemplate"}
OBJECTS = {
    name
    for name, fields in MESSAGES.items()
    if (1 in fields and fields[1].name == "metadata" and name not in _PARTS)
} | {"DeleteOptions"}
"""Messages that are sent as the whole body."""
