"""The homes of labs on a server: found by a pattern, each with the name of its learner."""

from __future__ import annotations

import fnmatch
import os
import pwd
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from owlab.errors import ConfigError
from owlab.language import _

_WILD = re.compile(r"[*?[]")


@dataclass(frozen=True, slots=True)
class Home:
    """A folder of labs.

    :param trouble: why it cannot be looked at; empty when it can.
    """

    learner: str
    path: Path
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    matched: str
    """What stood in place of the first wildcard."""
    trouble: str = ""


def find_homes(patterns: Iterable[str]) -> list[Home]:
    """Every home that the patterns name, by learner.

    :param patterns: folders, such as ``/home/ann/.local/state/owlab``, with ``*`` where it differs.
    :raises ConfigError: there is none.
    """
    given = list(patterns)
    found = {item.path: item for pattern in given for item in _expand(pattern)}
    if not found:
        raise ConfigError(
            brief=_("No labs were found."),
            details="\n".join(
                _("looked for {pattern}").format(pattern=pattern) for pattern in given
            ),
            resolution=_(
                "Name the folders of labs, each learner's OWLAB_HOME: "
                "`owlab class --homes '/home/*/.local/state/owlab'`."
            ),
        )
    names = _names(list(found.values()))
    homes = [
        Home(name, item.path, item.trouble)
        for name, item in zip(names, found.values(), strict=True)
    ]
    return sorted(homes, key=lambda home: (home.learner, home.path))


def _expand(pattern: str) -> Iterator[_Found]:
    path = Path(pattern).expanduser().absolute()
    yield from _below(Path(path.anchor), list(path.parts[1:]), "")


def _below(base: Path, parts: list[str], matched: str) -> Iterator[_Found]:
    """As glob, and it tells of what may not be looked into: there may be a lab behind it."""
    if not parts:
        with suppress(OSError):
            if base.is_dir():
                yield _Found(base, matched)
        return
    first, *rest = parts
    if not _WILD.search(first):
        path = base / first
        try:
            path.stat()
        except PermissionError:
            yield _Found(base, matched, _("it may not be looked into"))
        except OSError:
            pass
        else:
            yield from _below(path, rest, matched)
        return
    try:
        names = sorted(os.listdir(base))  # noqa: PTH208
    except PermissionError:
        yield _Found(base, matched, _("it may not be looked into"))
        return
    except OSError:
        return
    for name in names:
        hidden = name.startswith(".") and not first.startswith(".")
        if not hidden and fnmatch.fnmatchcase(name, first):
            yield from _below(base / name, rest, matched or name)


def _names(found: list[_Found]) -> list[str]:
    """What stood for the wildcard; without one the part in which the folders differ."""
    if all(item.matched for item in found):
        return [item.matched for item in found]
    paths = [item.path.parts for item in found]
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            return list(parts)
    return [_owner(item.path) for item in found]


def _owner(path: Path) -> str:
    with suppress(OSError, KeyError):
        return pwd.getpwuid(path.stat().st_uid).pw_name
    return path.name
