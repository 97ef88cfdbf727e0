"""Sizes and names as Multipass reads and writes them."""

from __future__ import annotations

import re
from decimal import Decimal

SIZE = re.compile(r"\s*(\d+)(?:\.(\d+)(?=[KMG]))?(?:([KMG])(?:i?B)?|B)?\s*", re.I | re.A)
NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?", re.A)
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def parse_size(text: str) -> int:
    """Bytes of ``6G``, ``1.5GiB``, ``512m`` or ``1024``; ValueError in Multipass's words."""
    found = SIZE.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text} is not a valid memory size - need a non-negative integer (in base 10) or a "
            "decimal followed by K, M, or G (e.g. 1234B, 42MiB, 0.5G)"
        )
    whole, fraction, unit = found.groups()
    return int(Decimal(f"{whole}.{fraction or 0}") * UNITS[(unit or "").upper()])


def show_size(size: int) -> str:
    """A size for people: ``4.8GiB``, ``58.0MiB``, ``512B``."""
    for unit in ("G", "M", "K"):
        if size >= UNITS[unit]:
            return f"{size / UNITS[unit]:.1f}{unit}iB"
    return f"{size}B"


def valid_name(name: str) -> bool:
    """A name that Multipass takes, and that fits into a host name."""
    return NAME.fullmatch(name) is not None and len(name) <= 63
