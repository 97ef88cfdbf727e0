"""Which kinds there are now: the built-in ones and those of custom resource definitions."""

from __future__ import annotations

from collections.abc import Iterable

from owlab.pocket.kube.errors import NotFound
from owlab.pocket.kube.kinds import KINDS, Kind


class Registry:
    """Kinds by name and by place in the API. Custom ones come and go."""

    def __init__(self) -> None:
        self._custom: list[Kind] = []
        self._by_kind = {kind.kind: kind for kind in KINDS}
        self._by_place = {(k.group, k.version, k.plural): k for k in KINDS}

    def all(self) -> list[Kind]:
        """Every kind that is served."""
        return [*KINDS, *self._custom]

    def get(self, kind: str) -> Kind:
        """A kind by its name; raises NotFound."""
        found = self._by_kind.get(kind)
        if found is None:
            found = next((custom for custom in self._custom if custom.kind == kind), None)
        if found is None:
            raise NotFound(f'no kind "{kind}" is registered in this cluster')
        return found

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind at a place such as ``/apis/apps/v1/deployments``."""
        found = self._by_place.get((group, version, plural))
        if found is None:
            if (group, plural) == ("events.k8s.io", "events"):
                return self._by_kind["Event"]
            for kind in self._custom:
                if (kind.group, kind.version, kind.plural) == (group, version, plural):
                    return kind
        return found

    def define(self, kinds: Iterable[Kind]) -> None:
        """Serve these custom kinds, the stored version of each first; names of built-in ones stay
        theirs."""
        self._custom = [kind for kind in kinds if kind.kind not in self._by_kind]
