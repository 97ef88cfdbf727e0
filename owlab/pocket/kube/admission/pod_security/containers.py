"""How the checks of pod security look at a pod, and how they name what is wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from owlab.pocket.ground.views import Object


def containers(spec: Object) -> list[Object]:
    """All containers of a pod, of every sort."""
    return [
        container
        for group in ("initContainers", "containers", "ephemeralContainers")
        for container in spec.get(group) or ()
    ]


def security(thing: Object) -> Object:
    """The ``securityContext`` of a pod's spec or of a container."""
    found: Object = thing.get("securityContext") or {}
    return found


def bad(spec: Object, wrong: Callable[[Object], bool]) -> list[str]:
    """Names of the containers that are wrong."""
    return [c["name"] for c in containers(spec) if wrong(c)]


def quoted(names: Iterable[str]) -> str:
    """``"a", "b"``."""
    return ", ".join(f'"{name}"' for name in names)


def named(names: list[str], word: str = "container") -> str:
    """``container "a"`` or ``containers "a", "b"``."""
    return f"{word}{'s' if len(names) > 1 else ''} {quoted(names)}"


def either(pod: bool, names: list[str], word: str = "container") -> str:
    """``pod``, ``container "a"``, or ``pod and container "a"``."""
    parts = ["pod"] if pod else []
    return " and ".join([*parts, named(names, word)] if names else parts)
