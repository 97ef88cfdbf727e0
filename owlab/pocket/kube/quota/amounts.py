"""Amounts of a quota, and how Kubernetes writes them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

Amounts = dict[str, Decimal]
_BINARY = ("memory", "storage")
_UNITS = ("", "Ki", "Mi", "Gi", "Ti", "Pi")


def written(resource: str, amount: Decimal) -> str:
    """An amount in the form that its resource has: ``1500m``, ``2Gi``, ``3``."""
    if amount != amount.to_integral_value():
        return f"{int((amount * 1000).to_integral_value('ROUND_CEILING'))}m"
    number = int(amount)
    if number and resource.endswith(_BINARY):
        for unit in _UNITS:
            if number % 1024 or unit == _UNITS[-1]:
                return f"{number}{unit}"
            number //= 1024
    return str(number)


def shown(amounts: Amounts, names: Iterable[str]) -> str:
    """``cpu=1,memory=2Gi``, sorted."""
    return ",".join(f"{n}={written(n, amounts.get(n, Decimal(0)))}" for n in sorted(names))
