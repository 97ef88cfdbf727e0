"""What a controller is: kinds that lead to keys, and what is done about one key."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store import Change, Key

if TYPE_CHECKING:
    from owlab.pocket.kube.controllers.control_plane import ControlPlane

Leads = Callable[[Change], Iterable[Key]]
"""Which keys have to be looked at after a change."""


class Controller(ABC):
    """Brings what is there closer to what is wanted, key by key.

    A controller remembers nothing that it could read from the store, and looks at one key at a
    time. ``reconcile`` is told neither what happened nor how often: only where to look.
    """

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self.store = plane.store
        self.clock = plane.clock
        self.recorder = plane.recorder

    @abstractmethod
    def watches(self) -> Mapping[str, Leads]:
        """Kinds by name, and the keys that a change of one leads to."""

    @abstractmethod
    def reconcile(self, key: Key) -> None:
        """Look at one key; what is wrong with it may be raised, and is tried again later."""

    def look(self, key: Key, seconds: float = 0.0) -> None:
        """Look at a key again, in so many seconds."""
        self.plane.enqueue(self, key, seconds)

    def look_at_all(self, kind: str) -> None:
        """Look at every object of a kind."""
        for obj in self.store.list(kind):
            self.look(self.store.key_of(obj))

    def machines_changed(self) -> None:  # noqa: B027
        """Something about the machines may be different. Most controllers do not care."""


def itself(change: Change) -> Iterable[Key]:
    """A changed object leads to itself."""
    return (change.key,)


def owner_of(*kinds: str) -> Leads:
    """A changed object leads to its controller of one of these kinds, before and after."""

    def keys(change: Change) -> Iterable[Key]:
        for obj in (change.obj, change.old):
            if obj is None:
                continue
            for reference in obj["metadata"].get("ownerReferences") or ():
                if reference.get("controller") and reference["kind"] in kinds:
                    yield reference_key(reference, change.key.namespace)

    return keys


def reference_key(reference: Object, namespace: str) -> Key:
    """The key of an owner in the same namespace."""
    group = str(reference["apiVersion"]).rpartition("/")[0]
    return Key(group, str(reference["kind"]), namespace, str(reference["name"]))
