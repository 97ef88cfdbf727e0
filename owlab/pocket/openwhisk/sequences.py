"""Sequences: what they may consist of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from owlab.pocket.openwhisk.entity_names import Identity, Qualified, qualified
from owlab.pocket.openwhisk.refusals import WhiskError, bad_request
from owlab.pocket.openwhisk.store import EntityStore

if TYPE_CHECKING:
    from owlab.pocket.openwhisk.actions import ResolvedAction

Find = Callable[[Identity, str, str, str], "ResolvedAction"]


def components(
    store: EntityStore,
    caller: Identity,
    find: Find,
    at: Qualified,
    chosen: list[Qualified],
    allowed: int,
) -> None:
    """Refuse an empty, too long or cyclic sequence, and one of actions that are not there."""
    if not chosen:
        raise bad_request("No component specified for the sequence.")
    if _count(caller, find, at, chosen, set()) > allowed:
        raise bad_request("Too many actions in the sequence.")


def _count(
    caller: Identity, find: Find, at: Qualified, chosen: list[Qualified], seen: set[str]
) -> int:
    total = 0
    for name in chosen:
        if name == at:
            raise bad_request("Sequence may not refer to itself.")
        try:
            # Where it really is: a binding's action is that of the package that it binds.
            found = find(caller, name.namespace, name.package, name.name)
            if found.name == at:
                raise bad_request("Sequence may not refer to itself.")
        except WhiskError as error:
            if error.status == 404:
                raise bad_request("Sequence component does not exist.") from error
            raise
        execution = found.document["exec"]
        if execution["kind"] == "sequence" and found.name.path not in seen:
            inner = [qualified(n, caller.namespace) for n in execution["components"]]
            total += _count(caller, find, at, inner, seen | {found.name.path})
        else:
            total += 1
    return total
