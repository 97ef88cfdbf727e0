"""A number of pods that may be given in percent: of roll-outs, of disruption budgets."""

from __future__ import annotations

import math
from collections.abc import Callable


def share(value: int | str, whole: int, rounded: Callable[[float], int] = math.ceil) -> int:
    """``3`` or ``25%`` of so many.

    :param rounded: what becomes of a part of a pod.
    """
    if isinstance(value, str) and value.endswith("%"):
        return rounded(float(value.removesuffix("%")) * whole / 100)
    return int(value)
