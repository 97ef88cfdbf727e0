"""Looks whether OpenWhisk can be reached, whenever something changes that it consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.store import Change, Key

_ALL = Key("", "OpenWhisk", "", "")
"""It is looked for everywhere at once."""
_KINDS = ("Service", "Endpoints", "Secret", "StatefulSet", "Deployment", "Job")


class OpenWhiskWatch(Controller):
    """Calls ``look`` once after any number of changes."""

    def __init__(self, plane: ControlPlane, look: Callable[[], None]) -> None:
        super().__init__(plane)
        self._look = look

    def watches(self) -> Mapping[str, Leads]:
        return dict.fromkeys(_KINDS, self._lead)

    @staticmethod
    def _lead(change: Change) -> tuple[Key]:
        return (_ALL,)

    def reconcile(self, key: Key) -> None:
        self._look()
