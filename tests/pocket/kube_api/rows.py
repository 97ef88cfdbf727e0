"""One row of ``kubectl get``, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from owlab.pocket.kube.columns import columns
from owlab.pocket.kube.kinds import KINDS, Kind

from ...clients.manifests import Object, of

MADE = "2026-03-01T12:00:00Z"
_KINDS = {kind.kind: kind for kind in KINDS}


def ago(**time: float) -> str:
    """A time in the past, as objects have it."""
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


def row(kind: str, obj: Object, wide: bool = False) -> list[Any]:
    """The cells without name and age."""
    found = _KINDS.get(kind) or Kind(kind, f"{kind.lower()}es")
    obj = {**of("v1", kind), **obj}
    obj["metadata"] = {"name": "some", "creationTimestamp": MADE, **obj["metadata"]}
    return [
        cell(obj)
        for heading, cell, hidden in columns(found)
        if heading not in ("Name", "Age") and hidden == wide
    ]
