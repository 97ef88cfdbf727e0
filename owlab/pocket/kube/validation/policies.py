"""What bounds others: quotas, limits, priorities."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.validation.causes import Causes, unsupported, wrong

_MOST = 1_000_000_000
_SYSTEM = ("system-cluster-critical", "system-node-critical")
_SCOPES = (
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
)
_OPPOSITES = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_ITEMS = ("Container", "PersistentVolumeClaim", "Pod")


def resource_quota(obj: Object) -> Causes:
    """A ResourceQuota."""
    spec = obj.get("spec") or {}
    causes: Causes = []
    for name, value in (spec.get("hard") or {}).items():
        if quantity(value) < 0:
            said = wrong(str(value), "must be greater than or equal to 0")
            causes.append((f"spec.hard[{name}]", said))
    scopes = spec.get("scopes") or []
    for index, scope in enumerate(scopes):
        if scope not in _SCOPES:
            causes.append((f"spec.scopes[{index}]", wrong(scope, "unsupported scope")))
    for pair in _OPPOSITES:
        if set(pair) <= set(scopes):
            causes.append(("spec.scopes", wrong(scopes, "conflicting scopes")))
    return causes


def limit_range(obj: Object) -> Causes:
    """A LimitRange."""
    causes: Causes = []
    for index, item in enumerate((obj.get("spec") or {}).get("limits") or []):
        place = f"spec.limits[{index}]"
        if item.get("type") not in _ITEMS and "/" not in str(item.get("type")):
            causes.append((f"{place}.type", unsupported(item.get("type", ""), _ITEMS)))
        if item.get("type") == "Pod":
            for name in ("default", "defaultRequest"):
                if item.get(name):
                    said = "Forbidden: may not be specified when `type` is 'Pod'"
                    causes.append((f"{place}.{name}", said))
            continue
        order = [(name, item.get(name) or {}) for name in _ORDER]
        for position, (low, lows) in enumerate(order):
            for high, highs in order[position + 1 :]:
                for name in sorted(set(lows) & set(highs)):
                    if quantity(lows[name]) > quantity(highs[name]):
                        text = f"{low} value {lows[name]} is greater than {high} value"
                        said = wrong(str(lows[name]), f"{text} {highs[name]}")
                        causes.append((f"{place}.{low}[{name}]", said))
    return causes


_ORDER = ("min", "defaultRequest", "default", "max")
"""None is greater than one after it."""


def priority_class(obj: Object) -> Causes:
    """A PriorityClass."""
    causes: Causes = []
    name, value = obj["metadata"].get("name", ""), int(obj.get("value", 0))
    if name.startswith("system-"):
        if name not in _SYSTEM:
            said = "priority class names with 'system-' prefix are reserved for system use only"
            causes.append(
                (
                    "metadata.name",
                    f"Forbidden: {said}. error: {name} is not a known system priority class",
                )
            )
    elif value > _MOST:
        said = f"maximum allowed value of a user defined priority is {_MOST}"
        causes.append(("value", f"Forbidden: {said}"))
    policies = ("Never", "PreemptLowerPriority")
    policy = obj.get("preemptionPolicy", policies[1])
    if policy not in policies:
        causes.append(("preemptionPolicy", unsupported(policy, policies)))
    return causes
