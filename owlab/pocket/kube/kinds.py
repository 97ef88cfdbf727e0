"""The resource types that the cluster serves, as data. All verbs are generic over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type of one API group and version."""

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ("status",)
    schema: dict[str, Any] | None = field(default=None, compare=False, repr=False)
    """Of a custom kind: what its definition says of its fields."""
    printed: tuple[dict[str, Any], ...] = field(default=(), compare=False, repr=False)
    """Of a custom kind: its ``additionalPrinterColumns``."""
    scale: dict[str, str] | None = field(default=None, compare=False, repr=False)
    """Of a custom kind: where its replicas stand."""
    selectable: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """Of a custom kind: the fields that it may be selected by."""
    deprecated: str = field(default="", compare=False, repr=False)
    """Of a custom kind's version that should not be used any more: what its users are told."""
    verbs: tuple[str, ...] = VERBS

    @property
    def api_version(self) -> str:
        """``v1`` or ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """``pods`` or ``deployments.apps``, as in messages."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def built_in(self) -> str:
        """Its name if it is one of Kubernetes' own, else "": a custom kind may be called as one."""
        return self.kind if (self.group, self.kind) in _BUILT_IN else ""

    @property
    def singular(self) -> str:
        """``pod``."""
        return self.kind.lower()


_ALL = ("all",)
_SCALE = ("status", "scale")

KINDS: tuple[Kind, ...] = (
    Kind(
        "Pod",
        "pods",
        short=("po",),
        categories=_ALL,
        subresources=(
            "status",
            "log",
            "exec",
            "eviction",
            "binding",
            "portforward",
            "attach",
            "ephemeralcontainers",
            "proxy",
        ),
    ),
    Kind("Service", "services", short=("svc",), categories=_ALL, subresources=("status", "proxy")),
    Kind(
        "ReplicationController",
        "replicationcontrollers",
        short=("rc",),
        categories=_ALL,
        subresources=_SCALE,
    ),
    Kind("Endpoints", "endpoints", short=("ep",), subresources=()),
    Kind("Node", "nodes", namespaced=False, short=("no",)),
    Kind(
        "Namespace",
        "namespaces",
        namespaced=False,
        short=("ns",),
        subresources=("status", "finalize"),
    ),
    Kind("ConfigMap", "configmaps", short=("cm",), subresources=()),
    Kind("Secret", "secrets", subresources=()),
    Kind("ServiceAccount", "serviceaccounts", short=("sa",), subresources=("token",)),
    Kind("PersistentVolumeClaim", "persistentvolumeclaims", short=("pvc",)),
    Kind("PersistentVolume", "persistentvolumes", namespaced=False, short=("pv",)),
    Kind("Event", "events", short=("ev",), subresources=()),
    Kind("Event", "events", "events.k8s.io", short=("ev",), subresources=()),
    Kind("LimitRange", "limitranges", short=("limits",), subresources=()),
    Kind("ResourceQuota", "resourcequotas", short=("quota",)),
    Kind("PodTemplate", "podtemplates", subresources=()),
    Kind(
        "Deployment", "deployments", "apps", short=("deploy",), categories=_ALL, subresources=_SCALE
    ),
    Kind("ReplicaSet", "replicasets", "apps", short=("rs",), categories=_ALL, subresources=_SCALE),
    Kind(
        "StatefulSet", "statefulsets", "apps", short=("sts",), categories=_ALL, subresources=_SCALE
    ),
    Kind("DaemonSet", "daemonsets", "apps", short=("ds",), categories=_ALL),
    Kind("ControllerRevision", "controllerrevisions", "apps", subresources=()),
    Kind("Job", "jobs", "batch", categories=_ALL),
    Kind("CronJob", "cronjobs", "batch", short=("cj",), categories=_ALL),
    Kind(
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "autoscaling",
        "v2",
        short=("hpa",),
        categories=_ALL,
    ),
    # The stored version comes first.
    Kind(
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "autoscaling",
        "v1",
        short=("hpa",),
        categories=_ALL,
    ),
    Kind("Role", "roles", "rbac.authorization.k8s.io", subresources=()),
    Kind("RoleBinding", "rolebindings", "rbac.authorization.k8s.io", subresources=()),
    Kind(
        "ClusterRole",
        "clusterroles",
        "rbac.authorization.k8s.io",
        namespaced=False,
        subresources=(),
    ),
    Kind(
        "ClusterRoleBinding",
        "clusterrolebindings",
        "rbac.authorization.k8s.io",
        namespaced=False,
        subresources=(),
    ),
    Kind(
        "StorageClass",
        "storageclasses",
        "storage.k8s.io",
        namespaced=False,
        short=("sc",),
        subresources=(),
    ),
    Kind(
        "VolumeAttributesClass",
        "volumeattributesclasses",
        "storage.k8s.io",
        namespaced=False,
        short=("vac",),
        subresources=(),
    ),
    Kind("CSIStorageCapacity", "csistoragecapacities", "storage.k8s.io", subresources=()),
    Kind("CSIDriver", "csidrivers", "storage.k8s.io", namespaced=False, subresources=()),
    Kind("CSINode", "csinodes", "storage.k8s.io", namespaced=False, subresources=()),
    Kind("VolumeAttachment", "volumeattachments", "storage.k8s.io", namespaced=False),
    Kind("Ingress", "ingresses", "networking.k8s.io", short=("ing",)),
    Kind("IngressClass", "ingressclasses", "networking.k8s.io", namespaced=False, subresources=()),
    Kind(
        "NetworkPolicy", "networkpolicies", "networking.k8s.io", short=("netpol",), subresources=()
    ),
    Kind("ServiceCIDR", "servicecidrs", "networking.k8s.io", namespaced=False),
    Kind(
        "IPAddress",
        "ipaddresses",
        "networking.k8s.io",
        namespaced=False,
        short=("ip",),
        subresources=(),
    ),
    Kind("PodDisruptionBudget", "poddisruptionbudgets", "policy", short=("pdb",)),
    Kind("EndpointSlice", "endpointslices", "discovery.k8s.io", subresources=()),
    Kind("Lease", "leases", "coordination.k8s.io", subresources=()),
    Kind(
        "PriorityClass",
        "priorityclasses",
        "scheduling.k8s.io",
        namespaced=False,
        short=("pc",),
        subresources=(),
    ),
    Kind(
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "apiextensions.k8s.io",
        namespaced=False,
        short=("crd", "crds"),
    ),
    Kind(
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        "admissionregistration.k8s.io",
        namespaced=False,
        subresources=(),
    ),
    Kind(
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        "admissionregistration.k8s.io",
        namespaced=False,
        subresources=(),
    ),
    Kind(
        "ValidatingAdmissionPolicy",
        "validatingadmissionpolicies",
        "admissionregistration.k8s.io",
        namespaced=False,
    ),
    Kind(
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        "admissionregistration.k8s.io",
        namespaced=False,
        subresources=(),
    ),
    Kind(
        "MutatingAdmissionPolicy",
        "mutatingadmissionpolicies",
        "admissionregistration.k8s.io",
        namespaced=False,
        subresources=(),
    ),
    Kind(
        "MutatingAdmissionPolicyBinding",
        "mutatingadmissionpolicybindings",
        "admissionregistration.k8s.io",
        namespaced=False,
        subresources=(),
    ),
    Kind(
        "CertificateSigningRequest",
        "certificatesigningrequests",
        "certificates.k8s.io",
        namespaced=False,
        short=("csr",),
        subresources=("status", "approval"),
    ),
    Kind("RuntimeClass", "runtimeclasses", "node.k8s.io", namespaced=False, subresources=()),
    Kind("FlowSchema", "flowschemas", "flowcontrol.apiserver.k8s.io", namespaced=False),
    Kind(
        "PriorityLevelConfiguration",
        "prioritylevelconfigurations",
        "flowcontrol.apiserver.k8s.io",
        namespaced=False,
    ),
    Kind("DeviceClass", "deviceclasses", "resource.k8s.io", namespaced=False, subresources=()),
    Kind("ResourceSlice", "resourceslices", "resource.k8s.io", namespaced=False, subresources=()),
    Kind("ResourceClaim", "resourceclaims", "resource.k8s.io"),
    Kind("ResourceClaimTemplate", "resourceclaimtemplates", "resource.k8s.io", subresources=()),
    Kind("APIService", "apiservices", "apiregistration.k8s.io", namespaced=False),
)
_BUILT_IN = {(kind.group, kind.kind) for kind in KINDS} | {
    ("", "ComponentStatus"),
    ("autoscaling", "Scale"),
}


def built_in(obj: Mapping[str, Any]) -> str:
    """The name of the kind that an object is of if that is one of Kubernetes' own, else ""."""
    group, _, _ = str(obj.get("apiVersion", "")).rpartition("/")
    kind = str(obj.get("kind", ""))
    return kind if (group, kind) in _BUILT_IN else ""
