"""What cannot be changed any more once it is there."""

from __future__ import annotations

import copy

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.validation.causes import Causes, at, wrong

_FIXED = "field is immutable"
_IMMUTABLE: dict[str, tuple[tuple[str, ...], ...]] = {
    "Job": (("spec", "completions"), ("spec", "selector"), ("spec", "template")),
    "Deployment": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "StorageClass": (("volumeBindingMode",),),
    "PriorityClass": (("preemptionPolicy",),),
    "Secret": (("type",),),
}
_POD = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)
_POD_MAY = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds")
_STATEFUL_SET = (
    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', "
    "'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' "
    "and 'minReadySeconds' are forbidden"
)
_CLAIM = (
    "Forbidden: spec is immutable after creation except resources.requests and "
    "volumeAttributesClassName for bound claims"
)


def unchanged(kind: Kind, obj: Object, old: Object) -> Causes:
    """What was changed and must not be."""
    causes: Causes = []
    for path in _IMMUTABLE.get(kind.built_in, ()):
        before, after = at(old, *path), at(obj, *path)
        if before is not None and after != before:
            causes.append((".".join(path), wrong(after, _FIXED)))
    match kind.built_in:
        case "Pod" if _pod_spec(obj) != _pod_spec(old):
            causes.append(("spec", _POD))
        case "StatefulSet" if _differ(
            obj, old, "selector", "serviceName", "volumeClaimTemplates", "podManagementPolicy"
        ):
            causes.append(("spec", _STATEFUL_SET))
        case "PersistentVolumeClaim" if _differ(
            obj, old, "accessModes", "storageClassName", "volumeMode", "selector"
        ) or (at(old, "spec", "volumeName") and _differ(obj, old, "volumeName")):
            causes.append(("spec", _CLAIM))
        case "PersistentVolumeClaim":
            causes += _size(obj, old)
        case "PriorityClass" if obj.get("value") != old.get("value"):
            causes.append(("value", "Forbidden: may not be changed in an update."))
        case "PersistentVolume" if _differ(obj, old, "nfs", "hostPath", "local", "csi"):
            field = "spec.persistentvolumesource"
            said = "Forbidden: spec.persistentvolumesource is immutable after creation"
            causes.append((field, said))
        case "StorageClass":
            for field in ("parameters", "provisioner", "reclaimPolicy"):
                if (obj.get(field) or None) != (old.get(field) or None):
                    causes.append((field, f"Forbidden: updates to {field} are forbidden."))
        case "RoleBinding" | "ClusterRoleBinding" if obj.get("roleRef") != old.get("roleRef"):
            causes.append(("roleRef", wrong(obj.get("roleRef"), "cannot change roleRef")))
        case "Service":
            causes += _service(obj, old)
        case "ConfigMap" | "Secret" if old.get("immutable"):
            causes += _sealed(obj, old)
    return causes


def _differ(obj: Object, old: Object, *names: str) -> bool:
    return any(at(obj, "spec", name) != at(old, "spec", name) for name in names)


def _pod_spec(pod: Object) -> Object:
    """The spec without what may change."""
    spec = copy.deepcopy(pod.get("spec") or {})
    for name in _POD_MAY:
        spec.pop(name, None)
    for group in ("containers", "initContainers"):
        for container in spec.get(group) or []:
            container.pop("image", None)
    return dict(spec)


def _service(obj: Object, old: Object) -> Causes:
    before, after = at(old, "spec", "clusterIP"), at(obj, "spec", "clusterIP")
    stays = at(obj, "spec", "type") != "ExternalName"
    if stays and before and after != before:
        return [("spec.clusterIPs[0]", wrong([after], "may not change once set"))]
    return []


def _size(obj: Object, old: Object) -> Causes:
    """A claim does not shrink, and one that has no volume yet stays as it is."""
    path = ("spec", "resources", "requests", "storage")
    before, after = quantity(at(old, *path) or 0), quantity(at(obj, *path) or 0)
    if after < before and after < (
        quantity(capacity) if (capacity := at(old, "status", "capacity", "storage")) else before
    ):
        field = "spec.resources.requests.storage"
        return [(field, "Forbidden: field can not be less than status.capacity")]
    if after != before and after < before and at(old, "status", "phase") != "Bound":
        return [("spec", _CLAIM)]
    return []


def _sealed(obj: Object, old: Object) -> Causes:
    said = "Forbidden: field is immutable when `immutable` is set"
    names = ("immutable", "data", "binaryData")
    return [(name, said) for name in names if obj.get(name) != old.get(name)]
