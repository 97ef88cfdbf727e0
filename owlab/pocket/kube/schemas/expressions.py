"""CEL, in which definitions and policies say what must hold: Google's own implementation."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

import orjson

_LIBRARIES = ("strings", "optional", "sets")
"""Those of Kubernetes' that there are here."""
_ELSEWHERE = {
    *("url", "isURL", "getScheme", "getHost", "getHostname", "getPort", "getEscapedPath"),
    *("getQuery", "quantity", "isQuantity", "ip", "isIP", "cidr", "isCIDR", "format", "find"),
    *("findAll", "authorizer", "semver", "isSemver", "isSorted", "sum", "min", "max", "indexOf"),
    *("lastIndexOf", "validate", "named", "dns1123Label", "dns1123Subdomain", "JSONPatch"),
}
"""Functions and names of Kubernetes' further libraries."""
_UNDECLARED = re.compile(r"undeclared reference to '(\w+)'")
IN_POLICIES = ("namespaceObject", "object", "oldObject", "params", "request", "variables")
"""What expressions of policies may speak of."""
_TEXT = r"""(?:"[^"]*"|'[^']*')"""
_GROWING = re.compile(
    rf"\.replace\((?:\s*(?P<old>{_TEXT})\s*,\s*(?P<new>{_TEXT}))?|\.join\((?:\s*(?P<by>{_TEXT}))?"
)
"""Calls that make texts larger, with what they put in where it stands there."""
_MOST_BYTES, _MOST_ITEMS = 2**26, 2**20
INSTALL = "python -m pip install 'owlab[cel]'"
LONGEST = 5000
"""Characters of an expression; Kubernetes bounds what it costs instead."""


class ExpressionError(Exception):
    """It cannot be read, or its value cannot be found; the message says why."""


class UnknownFunction(ExpressionError):
    """Kubernetes knows what is not here: a function, or all of CEL."""


def _library() -> Any:
    """Imported with the first expression: most labs have none, and it is 6 MB of memory."""
    try:
        from cel_expr_python import cel
    except ImportError:
        raise UnknownFunction(f"CEL is not installed here ({INSTALL})") from None
    return cel


@functools.cache
def _environment(names: tuple[str, ...]) -> Any:
    cel = _library()
    lines = "".join(f"- name: {name}\n" for name in _LIBRARIES)
    config = cel.NewEnvConfigFromYaml(f"name: kubernetes\nextensions:\n{lines}")
    return cel.NewEnv(config=config, variables=dict.fromkeys(names, cel.Type.DYN))


@functools.lru_cache(maxsize=1024)
def _compiled(text: str, names: tuple[str, ...]) -> Any:
    if len(text) > LONGEST:
        raise ExpressionError(f"expressions of more than {LONGEST} characters are not read here")
    try:
        return _environment(names).compile(text)
    except (RuntimeError, ValueError, TypeError) as error:
        said = str(error).removeprefix("INVALID_ARGUMENT: ").removesuffix("[INVALID_ARGUMENT]")
        named = _UNDECLARED.search(said)
        if named and named[1] in _ELSEWHERE:
            raise UnknownFunction(f"the pocket lab's CEL has no '{named[1]}'") from None
        raise ExpressionError(f"compilation failed: {said.strip()}") from None


def check(text: str, names: tuple[str, ...], result: str = "") -> None:
    """Raise ExpressionError for what cannot be read, or has another type than ``BOOL``, say."""
    found = str(_compiled(text, names).return_type())
    if result and found not in (result, "DYN"):
        raise ExpressionError(f"must evaluate to {result.lower()}")


def evaluate(text: str, data: Mapping[str, Any]) -> Any:
    """The value, as JSON data; raises ExpressionError."""
    cel = _library()
    try:
        if _may_become(text, data) > _MOST_BYTES:
            raise ExpressionError("running out of cost budget")
        found = _compiled(text, tuple(sorted(data))).eval(data=dict(data))
    except (RuntimeError, ValueError, TypeError) as error:
        raise ExpressionError(str(error)) from None
    value = found.plain_value()
    if found.type() == cel.Type.ERROR:
        raise ExpressionError(_plain(str(value)))
    if isinstance(value, str | list) and len(value) > _MOST_ITEMS:
        raise ExpressionError("running out of cost budget")
    return value


def _may_become(text: str, data: Mapping[str, Any]) -> float:
    """How large a text may grow by what puts others into it, at most.

    Loops are bounded by the library itself; Kubernetes adds up what each call costs.
    """
    calls = list(_GROWING.finditer(text))
    if not calls:
        return 0
    size = float(len(orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)) + len(text))
    grown = size
    for call in calls:
        old, new = call["old"], call["new"] or call["by"]
        if new is None or (call["new"] and old is None):
            grown *= size
        else:
            grown *= max(1.0, (len(new) - 2) / max(1, len(old or "") - 2))
    return grown


def _plain(said: str) -> str:
    """In the words of Kubernetes' own implementation, where they are known."""
    start = 'NOT_FOUND: Key not found in map : "'
    if said.startswith(start):
        return f"no such key: {said.removeprefix(start).rstrip(chr(34))}"
    return said.partition(": ")[2] or said
