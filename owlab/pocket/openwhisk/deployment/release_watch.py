"""Looks whether OpenWhisk can be reached, whenever something changes that it consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.store import Change, Key

_ALL = Key("", "OpenWhisk", "", "")
"""It is looked for everywhere at once."""
_KINDS = ("Service", "Endpoints", "Secret", "StatefulSet", "Deployment", "Job")


class ReleaseWatch(Controller):
    """Calls ``look`` once after any number of changes."""

    def __init__(self, plane: ControlPlane, look: Callable[[], None]) -> None:
        super().__init__(plane)
        self._look = look

    def watches(self) -> Mapping[str, Leads]:
        return {"Pod": self._of_pod, **dict.fromkeys(_KINDS, self._lead)}

    @staticmethod
    def _of_pod(change: Change) -> tuple[Key, ...]:
        """Pods that come up or go down; not those of functions, which it does not consist of."""
        if (change.obj["metadata"].get("labels") or {}).get("user-action-pod"):
            return ()
        up = change.event != "DELETED" and is_ready(change.obj)
        was = change.old is not None and is_ready(change.old)
        return (_ALL,) if up != was else ()

    @staticmethod
    def _lead(change: Change) -> tuple[Key]:
        return (_ALL,)

    def reconcile(self, key: Key) -> None:
        self._look()
