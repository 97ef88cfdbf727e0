"""Amounts of resources: ``500m``, ``2``, ``64Mi``."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_FORM = re.compile(r"([+-]?[0-9.]+)([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE]?)")
_UNITS = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}


_LONGEST = 200
_MOST = Decimal((1 << 63) - 1)


def quantity(text: str | int | float) -> Decimal:
    """The number that a quantity stands for; what cannot be read is nothing.

    As in Kubernetes nothing is larger than what 64 bits hold.
    """
    number = _number(str(text)[:_LONGEST])
    return max(min(number, _MOST), -_MOST)


def decimal_form(thousandths: int) -> str:
    """As sums and averages are written, whatever their parts had: 2000Mi is ``2097152k``."""
    if thousandths % 1000:
        return f"{thousandths}m"
    whole, unit, units = thousandths // 1000, "", list("EPTGMk")
    while whole and not whole % 1000 and units:
        whole, unit = whole // 1000, units.pop()
    return f"{whole}{unit}"


def _number(text: str) -> Decimal:
    match = _FORM.fullmatch(text)
    if match is None:
        return Decimal(0)
    number, unit = match.groups()
    try:
        if unit[:1] in ("e", "E") and len(unit) > 1 and unit != "Ei":
            return Decimal(number + unit)
        return Decimal(number) * _UNITS[unit]
    except InvalidOperation:
        return Decimal(0)
