"""What an object uses of a namespace's quotas."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.object_state import is_finished
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.quota.amounts import Amounts
from owlab.pocket.kube.scheduling.demands import summed
from owlab.pocket.kube.store import Store

_ONE = Decimal(1)
_COUNTED = (
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
)
"""Core kinds that quotas count under their plain names too."""
_CLASS = ".storageclass.storage.k8s.io/"


def usage(kind: Kind, obj: Object) -> Amounts:
    """All that one object uses, by the names that quotas have for it."""
    found: Amounts = {f"count/{kind.resource}": _ONE}
    if kind.group:
        return found
    if kind.plural in _COUNTED:
        found[kind.plural] = _ONE
    match kind.built_in:
        case "Pod" if not is_finished(obj):
            found["pods"] = _ONE
            found |= _of_pod(obj)
        case "PersistentVolumeClaim":
            found |= _of_claim(obj)
        case "Service":
            found |= _of_service(obj)
    return found


def _of_pod(pod: Object) -> Amounts:
    found: Amounts = {}
    for name, amount in summed(pod, "requests").items():
        found[f"requests.{name}"] = amount
        if name in ("cpu", "memory", "ephemeral-storage"):
            found[name] = amount
    for name, amount in summed(pod, "limits").items():
        found[f"limits.{name}"] = amount
    return found


def _of_claim(claim: Object) -> Amounts:
    spec = claim["spec"]
    size = quantity(((spec.get("resources") or {}).get("requests") or {}).get("storage", 0))
    found = {"requests.storage": size}
    if name := spec.get("storageClassName"):
        found |= {
            f"{name}{_CLASS}requests.storage": size,
            f"{name}{_CLASS}persistentvolumeclaims": _ONE,
        }
    return found


def _of_service(service: Object) -> Amounts:
    spec = service["spec"]
    kind = spec.get("type", "ClusterIP")
    found: Amounts = {}
    if kind == "LoadBalancer":
        found["services.loadbalancers"] = _ONE
    if kind in ("NodePort", "LoadBalancer"):
        if kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
            return found
        found["services.nodeports"] = Decimal(len(spec.get("ports") or ()))
    return found


# Which quota counts what ---------------------------------------------------------------------


def tracked(quota: Object, amounts: Amounts) -> Amounts:
    """Of these amounts, those that a quota limits."""
    hard = quota["spec"].get("hard") or {}
    return {name: amount for name, amount in amounts.items() if name in hard}


def selects(quota: Object, kind: Kind, obj: Object) -> bool:
    """The quota's scopes are about this object."""
    scopes = _scopes(quota)
    if not scopes:
        return True
    if kind.built_in != "Pod":
        return False
    return all(_in_scope(scope, obj) for scope in scopes)


def _scopes(quota: Object) -> list[Object]:
    spec = quota["spec"]
    plain = [{"scopeName": name, "operator": "Exists"} for name in spec.get("scopes") or ()]
    return [*plain, *((spec.get("scopeSelector") or {}).get("matchExpressions") or ())]


def _in_scope(scope: Object, pod: Object) -> bool:
    spec = pod["spec"]
    match scope["scopeName"]:
        case "Terminating":
            return spec.get("activeDeadlineSeconds") is not None
        case "NotTerminating":
            return spec.get("activeDeadlineSeconds") is None
        case "BestEffort":
            return _best_effort(pod)
        case "NotBestEffort":
            return not _best_effort(pod)
        case "PriorityClass":
            name = spec.get("priorityClassName")
            labels = {"name": name} if name else {}
            return selectors.expression_matches({**scope, "key": "name"}, labels)
        case "CrossNamespacePodAffinity":
            return _crosses(spec)
    return False


def _best_effort(pod: Object) -> bool:
    return not summed(pod, "requests") and not summed(pod, "limits")


def _crosses(spec: Object) -> bool:
    affinity = spec.get("affinity") or {}
    for name in ("podAffinity", "podAntiAffinity"):
        kind = affinity.get(name) or {}
        terms = [
            *(kind.get("requiredDuringSchedulingIgnoredDuringExecution") or ()),
            *(
                wish.get("podAffinityTerm") or {}
                for wish in kind.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
            ),
        ]
        if any(t.get("namespaces") or t.get("namespaceSelector") is not None for t in terms):
            return True
    return False


def used(store: Store, quota: Object) -> Amounts:
    """What all objects of a quota's namespace use of it now."""
    space = quota["metadata"]["namespace"]
    hard: Iterable[str] = quota["spec"].get("hard") or {}
    total = {name: Decimal(0) for name in hard}
    for kind in _kinds(store, hard):
        for obj in store.list(kind, space):
            if selects(quota, kind, obj):
                for name, amount in tracked(quota, usage(kind, obj)).items():
                    total[name] += amount
    return total


def _kinds(store: Store, hard: Iterable[str]) -> list[Kind]:
    """The kinds that the names of a quota are about."""
    found: dict[tuple[str, str], Kind] = {}
    for name in hard:
        counted = name.removeprefix("count/") if name.startswith("count/") else ""
        for kind in store.registry.all():
            if not kind.namespaced:
                continue
            if counted:
                wanted = kind.resource == counted
            elif _CLASS in name or name.endswith("requests.storage"):
                wanted = kind.resource == "persistentvolumeclaims"
            elif name.partition(".")[0] in _COUNTED:
                wanted = kind.resource == name.partition(".")[0]
            else:
                wanted = kind.resource == "pods"
            if wanted:
                found.setdefault((kind.group, kind.kind), kind)
    return list(found.values())
