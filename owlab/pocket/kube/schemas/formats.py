"""Formats of strings that a definition's schema may ask for; others are kept and say nothing."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime

_LABEL = r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_PATTERNS = {
    "email": r"[^@\s]+@[^@\s]+",
    "hostname": rf"{_LABEL}(\.{_LABEL})*\.?",
    "mac": r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}",
    "uri": r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+|/\S*",
    "uuid": r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}",
    "duration": r"[-+]?((\d+(\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s|m|h|d|w))+|0",
}
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _date_time(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text.upper())


_READERS: dict[str, Callable[[str], object]] = {
    "byte": lambda text: base64.b64decode(text, validate=True),
    "cidr": ipaddress.ip_interface,
    "date": date.fromisoformat,
    "date-time": _date_time,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
}


def fits(text: str, name: str) -> bool:
    """Whether a string has a format."""
    if name in _PATTERNS:
        return re.fullmatch(_PATTERNS[name], text) is not None
    if name == "cidr" and "/" not in text:
        return False
    try:
        _READERS.get(name, str)(text)
    except ValueError:
        return False
    return True
