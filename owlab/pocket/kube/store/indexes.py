"""Ways to find objects other than by name, kept up to date with every write."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.store.keys import Key

Values = Callable[[Object], Iterable[str]]


def _owners(obj: Object) -> Iterable[str]:
    return [str(r.get("uid")) for r in obj["metadata"].get("ownerReferences") or ()]


def _node(pod: Object) -> Iterable[str]:
    return [pod["spec"].get("nodeName") or ""]


def _address(pod: Object) -> Iterable[str]:
    address = (pod.get("status") or {}).get("podIP")
    return [address] if address else ()


def _claims(pod: Object) -> Iterable[str]:
    space = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            yield f"{space}/{volume['persistentVolumeClaim'].get('claimName')}"
        elif "ephemeral" in volume:
            yield f"{space}/{pod['metadata']['name']}-{volume['name']}"


def _orphan(pod: Object) -> Iterable[str]:
    owners = pod["metadata"].get("ownerReferences") or ()
    return () if any(r.get("controller") for r in owners) else (pod["metadata"]["namespace"],)


def _about(event: Object) -> Iterable[str]:
    # The same thing has another name in the other group that serves events.
    about = event.get("involvedObject") or event.get("regarding") or {}
    return [str(about.get("uid"))]


INDEXES: dict[str, tuple[str | None, Values]] = {
    "owner": (None, _owners),
    "node": ("Pod", _node),
    "address": ("Pod", _address),
    "orphan": ("Pod", _orphan),
    "claim": ("Pod", _claims),
    "about": ("Event", _about),
}
"""By name: the core kind that it is for (None is all kinds), and the values of an object."""


class Indexes:
    """Keys by index and value, in the order in which they came."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], dict[Key, None]] = {}
        self._uids: dict[str, Key] = {}

    def put(self, key: Key, old: Object | None, new: Object | None) -> None:
        """Follow a change of one object."""
        if old is not None and new is None:
            self._uids.pop(str(old["metadata"].get("uid")), None)
        if new is not None:
            self._uids[str(new["metadata"].get("uid"))] = key
        for name, (kind, values) in INDEXES.items():
            if kind is not None and (key.kind != kind or key.group):
                continue
            before = set(values(old)) if old is not None else set()
            after = set(values(new)) if new is not None else set()
            for value in before - after:
                keys = self._keys[name, value]
                keys.pop(key, None)
                if not keys:
                    del self._keys[name, value]
            for value in after - before:
                self._keys.setdefault((name, value), {})[key] = None

    def keys(self, name: str, value: str) -> tuple[Key, ...]:
        """What has this value in that index."""
        return tuple(self._keys.get((name, value), ()))

    def by_uid(self, uid: str) -> Key | None:
        """The object of a uid."""
        return self._uids.get(uid)
