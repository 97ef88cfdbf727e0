"""What a pod asks of its node: resources, and ports of the host."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.quantities import quantity

Amounts = dict[str, int]
"""By resource: CPU in thousandths, everything else in its own unit (bytes, pods)."""
HostPort = tuple[str, int]
"""Protocol and number."""


@lru_cache(8192)
def amount(resource: str, text: str) -> int:
    """A quantity as a whole number, rounded up as the scheduler does."""
    exact = quantity(text) * (1000 if resource == "cpu" else 1)
    return int(exact.to_integral_value("ROUND_CEILING"))


def amounts(quantities: Mapping[str, object] | None) -> Amounts:
    """Quantities by resource, as whole numbers."""
    return {name: amount(name, str(text)) for name, text in (quantities or {}).items()}


def requests(pod: Object) -> Amounts:
    """What a pod reserves: all its containers together, or the largest init container.

    Init containers that restart always are sidecars: they go on beside what starts after them.
    """
    spec = pod["spec"]
    mains: Amounts = {}
    for container in spec.get("containers") or ():
        _add(mains, _of(container))
    sidecars: Amounts = {}
    largest: Amounts = {}
    for container in spec.get("initContainers") or ():
        own = _of(container)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, own)
            own = {}
        for name in own.keys() | sidecars.keys():
            together = own.get(name, 0) + sidecars.get(name, 0)
            largest[name] = max(largest.get(name, 0), together)
    _add(mains, sidecars)
    for name, value in largest.items():
        mains[name] = max(mains.get(name, 0), value)
    _add(mains, amounts(spec.get("overhead")))
    return mains


def summed(pod: Object, field: str) -> dict[str, Decimal]:
    """The same, exactly, of ``requests`` or of ``limits``: what quotas count."""
    total: dict[str, Decimal] = {}
    sidecars: dict[str, Decimal] = {}
    largest: dict[str, Decimal] = {}

    def of(container: Object) -> dict[str, Decimal]:
        given = (container.get("resources") or {}).get(field) or {}
        return {name: quantity(value) for name, value in given.items()}

    def add(sums: dict[str, Decimal], more: dict[str, Decimal]) -> None:
        for name, value in more.items():
            sums[name] = sums.get(name, Decimal(0)) + value

    spec = pod["spec"]
    for container in spec.get("containers") or ():
        add(total, of(container))
    for container in spec.get("initContainers") or ():
        own = of(container)
        if container.get("restartPolicy") == "Always":
            add(sidecars, own)
            own = {}
        for name in own.keys() | sidecars.keys():
            together = own.get(name, Decimal(0)) + sidecars.get(name, Decimal(0))
            largest[name] = max(largest.get(name, Decimal(0)), together)
    add(total, sidecars)
    for name, value in largest.items():
        total[name] = max(total.get(name, Decimal(0)), value)
    return total


def _of(container: Object) -> Amounts:
    return amounts((container.get("resources") or {}).get("requests"))


def _add(total: Amounts, more: Amounts) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0) + value


def host_ports(pod: Object) -> set[HostPort]:
    """Ports of the node that its containers take."""
    found = set()
    own_network = bool(pod["spec"].get("hostNetwork"))
    for container in pod["spec"].get("containers") or ():
        for port in container.get("ports") or ():
            number = port.get("hostPort") or (port["containerPort"] if own_network else 0)
            if number:
                found.add((port.get("protocol", "TCP"), int(number)))
    return found
