"""What is refused of an object, without a server: its fields, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from owlab.pocket.kube.errors import Invalid
from owlab.pocket.kube.kinds import KINDS
from owlab.pocket.kube.validation import check

from ...clients.manifests import Object, changed

_KINDS = {(kind.api_version, kind.kind): kind for kind in KINDS}


def refused(obj: Object, old: Object | None = None) -> list[tuple[str, str]]:
    """All that is wrong with an object; nothing, where it may be as it is."""
    try:
        check(_KINDS[obj["apiVersion"], obj["kind"]], obj, old)
    except Invalid as error:
        assert error.details is not None
        return [(cause["field"], cause["message"]) for cause in error.details["causes"]]
    return []


def assert_said(found: list[tuple[str, str]], wanted: str) -> None:
    """One cause, ``field: the beginning of the message``, or none where nothing is wanted."""
    if not wanted:
        assert found == []
        return
    [(field, message)] = found
    assert f"{field}: {message}".startswith(wanted)


def case(path: str, value: Any, said: str = "") -> Any:
    """What is set, and what is said of it."""
    return pytest.param(path, value, said, id=f"{path}={str(value)[:60]}")


def assert_case(obj: Object, path: str, value: Any, said: str) -> None:
    """The object with that one change."""
    assert_said(refused(changed(obj, path, value)), said)
