"""What identifies an object among all objects of the cluster."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """Group and kind, and the place in it. No version: that is only a way to write it."""

    group: str
    kind: str
    namespace: str
    """Empty for kinds without namespaces."""
    name: str

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"
