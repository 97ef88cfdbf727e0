"""ResourceQuotas: what would go over one is refused."""

from __future__ import annotations

from decimal import Decimal

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Denied
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.quota import Amounts, selects, shown, tracked, usage, used
from owlab.pocket.kube.store import Store

_NEEDED = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""What every container has to say once a quota limits it."""


def check(store: Store, obj: Object, old: Object | None) -> None:
    """Raise Denied for an object that goes over a quota of its namespace."""
    kind = store.registry.of(obj)
    if not kind.namespaced:
        return
    space = obj["metadata"].get("namespace") or "default"
    quotas = store.list("ResourceQuota", space)
    if not quotas:
        return
    for quota in quotas:
        if selects(quota, kind, obj):
            if kind.resource == "pods" and old is None:
                _check_said(quota, obj)
            _check_one(store, quota, kind, obj, old)


def _check_said(quota: Object, pod: Object) -> None:
    hard = quota["spec"].get("hard") or {}
    missing: dict[str, list[str]] = {}
    spec = pod["spec"]
    for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
        resources = container.get("resources") or {}
        for name in _NEEDED:
            field, _, plain = name.rpartition(".")
            if name in hard and plain not in (resources.get(field or "requests") or {}):
                missing.setdefault(name, []).append(container["name"])
    if missing:
        told = "; ".join(f"{name} for: {','.join(missing[name])}" for name in sorted(missing))
        quota_name = quota["metadata"]["name"]
        raise Denied("", "pods", _name(pod), f"failed quota: {quota_name}: must specify {told}")


def _check_one(store: Store, quota: Object, kind: Kind, obj: Object, old: Object | None) -> None:
    more = tracked(quota, usage(kind, obj))
    if old is not None and selects(quota, kind, old):
        before = usage(kind, old)
        more = {name: amount - before.get(name, Decimal(0)) for name, amount in more.items()}
    more = {name: amount for name, amount in more.items() if amount > 0}
    if not more:
        return
    hard: Amounts = {n: quantity(v) for n, v in quota["spec"]["hard"].items()}
    now = used(store, quota)
    over = [name for name, amount in more.items() if now[name] + amount > hard[name]]
    if over:
        raise Denied(
            kind.group,
            kind.plural,
            _name(obj),
            f"exceeded quota: {quota['metadata']['name']}, requested: {shown(more, over)}, "
            f"used: {shown(now, over)}, limited: {shown(hard, over)}",
        )


def _name(obj: Object) -> str:
    meta = obj["metadata"]
    return str(meta.get("name") or meta.get("generateName") or "")
