"""What the API server refuses, in Kubernetes' words: one file a topic."""

from __future__ import annotations

from collections.abc import Callable

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Invalid
from owlab.pocket.kube.kinds import Kind, built_in
from owlab.pocket.kube.schemas import custom
from owlab.pocket.kube.validation import (
    configuration,
    networking,
    persistence,
    pods,
    policies,
    workloads,
)
from owlab.pocket.kube.validation.causes import Causes, at, reason
from owlab.pocket.kube.validation.changes import unchanged
from owlab.pocket.kube.validation.names import metadata
from owlab.pocket.kube.validation.templates import TEMPLATES

_CHECKS: dict[str, Callable[[Object], Causes]] = {
    "Pod": pods.pod,
    "Deployment": workloads.deployment,
    "ReplicaSet": workloads.replica_set,
    "StatefulSet": workloads.stateful_set,
    "DaemonSet": workloads.daemon_set,
    "ReplicationController": workloads.replication_controller,
    "Job": workloads.job,
    "CronJob": workloads.cron_job,
    "HorizontalPodAutoscaler": workloads.autoscaler,
    "PodDisruptionBudget": workloads.disruption_budget,
    "Service": networking.service,
    "Ingress": networking.ingress,
    "PersistentVolumeClaim": persistence.claim,
    "PersistentVolume": persistence.volume,
    "StorageClass": persistence.storage_class,
    "ConfigMap": configuration.config_map,
    "Secret": configuration.secret,
    "CustomResourceDefinition": configuration.definition,
    "LimitRange": policies.limit_range,
    "PriorityClass": policies.priority_class,
    "ResourceQuota": policies.resource_quota,
    "RoleBinding": configuration.binding,
    "ClusterRoleBinding": configuration.binding,
}


def check(kind: Kind, obj: Object, old: Object | None = None) -> None:
    """Raise Invalid with every cause that is found."""
    causes = metadata(kind, obj)
    if kind.schema is not None:
        causes += custom.causes(obj, kind.schema)
    elif kind.built_in in _CHECKS:
        causes += _CHECKS[kind.built_in](obj)
    if old is not None:
        causes += unchanged(kind, obj, old)
    if causes:
        raise invalid(kind, obj, causes)


def invalid(kind: Kind, obj: Object, causes: Causes) -> Invalid:
    """The error that tells of these causes."""
    name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
    shown = [f"{field}: {message}" for field, message in causes]
    text = shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"
    what = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    return Invalid(
        f'{what} "{name}" is invalid: {text}',
        {
            "name": name,
            **({"group": kind.group} if kind.group else {}),
            "kind": kind.kind,
            "causes": [
                {"reason": reason(message), "message": message, "field": field}
                for field, message in causes
            ],
        },
    )


def warnings(obj: Object) -> list[str]:
    """What is allowed, and hardly meant."""
    path = TEMPLATES.get(built_in(obj))
    return list(pods.warnings(at(obj, *path) or {}, ".".join(path))) if path else []
