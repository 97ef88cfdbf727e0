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
    "RuntimeClass": (("handler",),),
    "ServiceCIDR": (("spec", "cidrs"),),
}
_POD = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)
_TOLERATION = "existing toleration can not be modified except its tolerationSeconds"
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
        case "Pod":
            causes += _pod(obj.get("spec") or {}, old.get("spec") or {})
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


def _pod(spec: Object, old: Object) -> Causes:
    causes: Causes = []
    before, after = old.get("activeDeadlineSeconds"), spec.get("activeDeadlineSeconds")
    if before is not None and after is None:
        said = "must not update from a positive integer to nil value"
        causes.append(("spec.activeDeadlineSeconds", wrong(None, said)))
    elif before is not None and after > before:
        said = "must be less than or equal to previous value"
        causes.append(("spec.activeDeadlineSeconds", wrong(after, said)))
    new = [_kind_of_toleration(toleration) for toleration in spec.get("tolerations") or []]
    if any(_kind_of_toleration(had) not in new for had in old.get("tolerations") or []):
        causes.append(("spec.tolerations", f"Forbidden: {_TOLERATION}"))
    return causes or ([] if _fixed(spec) == _fixed(old) else [("spec", _POD)])


def _kind_of_toleration(toleration: Object) -> Object:
    return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}


def _fixed(pod_spec: Object) -> Object:
    """The spec of a pod without what may change."""
    spec = copy.deepcopy(pod_spec)
    for name in ("activeDeadlineSeconds", "tolerations"):
        spec.pop(name, None)
    for group in ("containers", "initContainers"):
        for container in spec.get(group) or []:
            container.pop("image", None)
    return spec


def _service(obj: Object, old: Object) -> Causes:
    before, after = at(old, "spec", "clusterIP"), at(obj, "spec", "clusterIP")
    stays = at(obj, "spec", "type") != "ExternalName"
    if stays and before and after != before:
        return [("spec.clusterIPs[0]", wrong([after], "may not change once set"))]
    return []


def _size(obj: Object, old: Object) -> Causes:
    """A claim shrinks at most towards what it got; one that has no volume yet stays as it is."""
    path = ("spec", "resources", "requests", "storage")
    before, after = quantity(at(old, *path) or 0), quantity(at(obj, *path) or 0)
    if after >= before:
        return []  # admission asks whether it may grow
    if at(old, "status", "phase") != "Bound":
        return [("spec", _CLAIM)]
    capacity = at(old, "status", "capacity", "storage")
    if after <= (before if capacity is None else quantity(capacity)):
        said = "Forbidden: field can not be less than status.capacity"
        return [("spec.resources.requests.storage", said)]
    return []


def _sealed(obj: Object, old: Object) -> Causes:
    said = "Forbidden: field is immutable when `immutable` is set"
    names = ("immutable", "data", "binaryData")
    return [(name, said) for name in names if obj.get(name) != old.get(name)]
