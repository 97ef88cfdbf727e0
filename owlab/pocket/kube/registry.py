"""Which kinds there are now: the built-in ones and those of custom resource definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from owlab.pocket.kube.errors import NotFound
from owlab.pocket.kube.kinds import KINDS, Kind

_EVENTS = "events.k8s.io"
"""The other group in which Events are served."""


class Registry:
    """Kinds by name and by place in the API. Custom ones come and go."""

    def __init__(self) -> None:
        self._custom: list[Kind] = []
        self._index(KINDS)

    def _index(self, kinds: Iterable[Kind]) -> None:
        self._by_name: dict[str, Kind] = {}
        self._by_group: dict[tuple[str, str], Kind] = {}
        self._by_place: dict[tuple[str, str, str], Kind] = {}
        for kind in kinds:
            self._by_name.setdefault(kind.kind, kind)
            self._by_group.setdefault((kind.group, kind.kind), kind)
            self._by_place.setdefault((kind.group, kind.version, kind.plural), kind)

    def all(self) -> list[Kind]:
        """Every kind that is served, in each of its versions."""
        return [*KINDS, *self._custom]

    def get(self, kind: str | Kind) -> Kind:
        """A kind by its name, a built-in one before a custom one; raises NotFound.

        Events are served in two groups, and are of one.
        """
        if isinstance(kind, Kind):
            return self._by_name["Event"] if kind.group == _EVENTS else kind
        found = self._by_name.get(kind)
        if found is None:
            raise NotFound(f'no kind "{kind}" is registered in this cluster')
        return found

    def in_group(self, group: str, kind: str) -> Kind | None:
        """A kind by its group and name; the stored version of a custom one."""
        return self._by_group.get(("" if group == _EVENTS else group, kind))

    def stored(self, kind: Kind) -> Kind:
        """The version of a kind in which its objects are kept."""
        return self.in_group(kind.group, kind.kind) or kind

    def of(self, obj: Mapping[str, Any]) -> Kind:
        """The kind of an object; raises NotFound."""
        group = str(obj.get("apiVersion", "")).rpartition("/")[0]
        found = self.in_group(group, str(obj.get("kind", "")))
        if found is None:
            raise NotFound(
                f'no matches for kind "{obj.get("kind")}" in version "{obj.get("apiVersion")}"'
            )
        return found

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind at a place such as ``/apis/apps/v1/deployments``."""
        return self._by_place.get((group, version, plural))

    def define(self, kinds: Iterable[Kind]) -> None:
        """Serve these custom kinds, the stored version of each first."""
        self._custom = list(kinds)
        self._index(self.all())
