"""Every setting: its default, the guide's own choice, what it is, and what it may be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from owlab.config import AS_WRITTEN, MEANINGS, PROFILES, LabConfig
from owlab.language import _
from owlab.settings import SETTINGS
from website.markdown import code
from website.words import Words

_MACHINES = ("master", "worker", "storage")
_TITLES = {
    "k3s": "K3s",
    "nfs": "NFS",
    "helm": "Helm",
    "wsk": "wsk",
    "provisioner": "NFS provisioner",
    "openwhisk": "OpenWhisk",
    "ssh": "ssh",
    "cluster": "cluster",
    "container": "kind, k3d",
}


def page(words: Words) -> str:
    """The settings, in groups."""
    parts: list[str] = []
    for title, inside in groupby(SETTINGS.items(), key=lambda item: _title(item[1], words)):
        parts += [f"## {title}\n", _entries([name for name, path in inside], words)]
    return "\n".join(parts)


def _title(path: tuple[str, ...], words: Words) -> str:
    if len(path) == 1:
        return words("The lab")
    return words("Machines") if path[0] in _MACHINES else _TITLES[path[0]]


def _entries(names: list[str], words: Words) -> str:
    """An entry each: a table of four columns does not fit on a telephone."""
    defaults = LabConfig().flat()
    return "\n".join(
        f"{code(name)}\n: {words(' ').join(_said(name, defaults[name], words))}\n" for name in names
    )


def _said(name: str, default: Any, words: Words) -> Iterator[str]:
    yield words("{meaning}.", meaning=_(MEANINGS[name]))
    if choices := _choices(SETTINGS[name]):
        listed = words(", ").join(code(choice) for choice in choices)
        yield words("Choices: {values}.", values=listed)
    yield words("Default: {value}.", value=_value(default))
    if name in AS_WRITTEN:
        yield words("The guide: {value}.", value=_value(AS_WRITTEN[name]))
    small = PROFILES["small"].get(name)
    if small is not None:
        yield words("`memory_profile: small`: {value}.", value=_value(small))


def _choices(path: tuple[str, ...]) -> list[str]:
    """The values of a setting that has only a few."""
    kind: Any = LabConfig
    for name in path:
        kind = kind.model_fields[name].annotation
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return [str(v) for one in kinds if get_origin(one) is Literal for v in get_args(one)]


def _value(value: Any) -> str:
    """As one writes it in a configuration file."""
    if isinstance(value, str):
        return code(value or '""')
    return code(json.dumps(value))
