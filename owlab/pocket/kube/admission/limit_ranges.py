"""LimitRanges: what containers get that say nothing, and between what they must stay."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Denied
from owlab.pocket.kube.kinds import built_in
from owlab.pocket.kube.quantities import decimal_form, quantity
from owlab.pocket.kube.store import Store

_ANNOTATION = "kubernetes.io/limit-ranger"
Amounts = dict[str, str]


def fill(store: Store, pod: Object) -> None:
    """Give a pod's containers the defaults of its namespace, in place."""
    limits: Amounts = {}
    requests: Amounts = {}
    for item in _items(store, pod, "Container"):
        limits = {**(item.get("default") or {}), **limits}
        requests = {**(item.get("defaultRequest") or {}), **requests}
    if not limits and not requests:
        return
    said = [
        text
        for title, group in (("container", "containers"), ("init container", "initContainers"))
        for container in pod["spec"].get(group) or ()
        for text in _fill(container, limits, requests, title)
    ]
    if said:
        annotations = pod["metadata"].get("annotations") or {}
        told = f"LimitRanger plugin set: {'; '.join(said)}"
        pod["metadata"]["annotations"] = {**annotations, _ANNOTATION: told}


def _fill(container: Object, limits: Amounts, requests: Amounts, title: str) -> Iterator[str]:
    resources = container["resources"] = dict(container.get("resources") or {})
    for field, values, word in (("requests", requests, "request"), ("limits", limits, "limit")):
        known = resources.get(field) or {}
        missing = {name: value for name, value in values.items() if name not in known}
        if missing:
            resources[field] = {**known, **missing}
            yield f"{', '.join(sorted(missing))} {word} for {title} {container.get('name', '')}"


def check(store: Store, obj: Object, old: Object | None) -> None:
    """Raise Denied for what is outside of its namespace's limits."""
    said: list[str] = []
    match built_in(obj):
        case "Pod" if old is None:
            spec = obj["spec"]
            containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
            for item in _items(store, obj, "Container"):
                for container in containers:
                    resources = container.get("resources") or {}
                    said += _problems(item, _numbers(resources), resources)
            for item in _items(store, obj, "Pod"):
                together = _together(spec)
                said += _problems(item, together, None)
            plural = "pods"
        case "PersistentVolumeClaim":
            resources = obj["spec"].get("resources") or {}
            if old is not None and resources == old["spec"].get("resources"):
                return
            for item in _items(store, obj, "PersistentVolumeClaim"):
                requests = {n: quantity(v) for n, v in (resources.get("requests") or {}).items()}
                said += _problems(item, {"requests": requests, "limits": {}}, resources)
            plural = "persistentvolumeclaims"
        case _:
            return
    if said:
        meta = obj["metadata"]
        name = meta.get("name") or meta.get("generateName") or ""
        unique = list(dict.fromkeys(said))
        text = unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"
        raise Denied("", plural, name, text)


Numbers = dict[str, dict[str, Decimal]]


def _items(store: Store, obj: Object, kind: str) -> list[Object]:
    space = obj["metadata"].get("namespace") or "default"
    return [
        item
        for limits in store.list("LimitRange", space)
        for item in limits["spec"].get("limits") or ()
        if item.get("type") == kind
    ]


def _numbers(resources: Object) -> Numbers:
    return {
        field: {name: quantity(value) for name, value in (resources.get(field) or {}).items()}
        for field in ("requests", "limits")
    }


def _together(spec: Object) -> Numbers:
    """A whole pod: its containers together, or what an init container has more."""
    total: Numbers = {"requests": {}, "limits": {}}
    mains = [_numbers(c.get("resources") or {}) for c in spec.get("containers") or ()]
    for field, sums in total.items():
        names = {name for one in mains for name in one[field]}
        for name in names:
            # One without a limit has no limit together with the others.
            if field == "limits" and any(name not in one[field] for one in mains):
                continue
            sums[name] = sum((one[field].get(name, Decimal(0)) for one in mains), Decimal(0))
        for container in spec.get("initContainers") or ():
            for name, value in _numbers(container.get("resources") or {})[field].items():
                sums[name] = max(sums.get(name, Decimal(0)), value)
    return total


def _problems(item: Object, have: Numbers, written: Object | None) -> Iterator[str]:
    kind = item["type"]
    requests, limits = have["requests"], have["limits"]

    def shown(field: str, name: str) -> str:
        given = ((written or {}).get(field) or {}).get(name)
        return str(given) if given is not None else _plain(name, have[field][name])

    for name, text in (item.get("min") or {}).items():
        least = quantity(text)
        start = f"minimum {name} usage per {kind} is {text}"
        if name not in requests:
            yield f"{start}.  No request is specified"
        elif requests[name] < least:
            yield f"{start}, but request is {shown('requests', name)}"
        elif name in limits and limits[name] < least:
            yield f"{start}, but limit is {shown('limits', name)}"
    for name, text in (item.get("max") or {}).items():
        most = quantity(text)
        start = f"maximum {name} usage per {kind} is {text}"
        # A claim has requests only.
        field = "requests" if kind == "PersistentVolumeClaim" else "limits"
        if name not in have[field]:
            yield f"{start}.  No {field[:-1]} is specified"
        elif have[field][name] > most:
            yield f"{start}, but {field[:-1]} is {shown(field, name)}"
        elif name in requests and requests[name] > most:
            yield f"{start}, but request is {shown('requests', name)}"
    for name, text in (item.get("maxLimitRequestRatio") or {}).items():
        start = f"{name} max limit to request ratio per {kind} is {text}"
        if name not in requests or not requests[name]:
            yield f"{start}, but no request is specified or request is 0"
        elif name not in limits or not limits[name]:
            yield f"{start}, but no limit is specified or limit is 0"
        elif limits[name] / requests[name] > quantity(text):
            yield f"{start}, but provided ratio is {limits[name] / requests[name]:.6f}"


def _plain(name: str, number: Decimal) -> str:
    return decimal_form(int(number * 1000) if name == "cpu" else int(number) * 1000)
