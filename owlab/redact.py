"""Secrets leave as ``***``: in everything that is shown, logged, or saved in a notebook.

OpenWhisk's published guest key is no secret, and stays: a command that shows it can be pasted.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from owlab.versions import GUEST_KEY

HIDDEN = "***"

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_BEGIN = r"-{4,5} ?BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-{4,5}"
_END = r"-{4,5} ?END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-{4,5}"
_BODY = r"(?:^[ \t]*[A-Za-z0-9+/=]{4,}[ \t]*\r?\n)*"
"""Lines of a key between those two."""
_SECRETS: tuple[re.Pattern[str], ...] = (
    # a private key, whole, without its end, or without its beginning (`tail`)
    re.compile(rf"{_BEGIN}.*?(?:{_END}|\Z)", re.S),
    re.compile(rf"{_BODY}[ \t]*{_END}", re.M),
    # K3s' join token: K10<hash of the CA>::<user>:<password>
    re.compile(r"K10[0-9a-f]{32,}::[^\s\"']+"),
    # a bootstrap-style token of `k3s token create`
    re.compile(r"(?<![\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])"),
    # OpenWhisk's keys: a UUID, a colon, 64 characters
    re.compile(rf"{_UUID}:[A-Za-z0-9]{{40,}}"),
    re.compile(r"(?<=Basic )[A-Za-z0-9+/=]{16,}"),
    re.compile(r"(?<=Bearer )[A-Za-z0-9._~+/=-]{16,}"),
    # a kubeconfig's credentials, as YAML and as JSON
    re.compile(r"(?<=client-key-data: )\S+|(?<=\btoken: )[A-Za-z0-9._-]{20,}"),
    re.compile(r"(?<=client-key-data\": \")[^\"]+|(?<=client-key-data\":\")[^\"]+"),
    re.compile(r"(?<=\"token\": \")[A-Za-z0-9._-]{20,}|(?<=\"token\":\")[A-Za-z0-9._-]{20,}"),
    # the database's password: 24 characters, in keys.env, mycluster.yaml, and `helm get values`
    re.compile(r"(?<=PASSWORD=)[A-Za-z0-9]{24}(?!\w)|(?<=password: )\"?[A-Za-z0-9]{24}\"?(?!\w)"),
    re.compile(r"(?:(?<=\"password\": \")|(?<=\"password\":\"))[A-Za-z0-9]{24}(?=\")"),
)
_ENCODED = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{30,}={0,2}")
_WRAPPED = re.compile(r"(?:^[ \t]*[A-Za-z0-9+/]{60,}\r?\n)+[ \t]*[A-Za-z0-9+/]+={0,2}", re.M)
"""What ``base64`` made, in one line or many. Kubernetes shows a Secret's content like that."""

_KEY_BEGINS = re.compile(_BEGIN)
_KEY_ENDS = re.compile(_END)
_UNDECIDED = re.compile(r"(?:^[ \t]*[A-Za-z0-9+/=]{40,}[ \t]*\r?\n)+\Z", re.M)
"""Lines at the end that may be the middle of a key: what follows them tells."""
_UNDECIDED_AT_MOST = 64_000
"""Characters held back. No key is as long."""


def redact(text: str, values: Iterable[str] = ()) -> str:
    """``text`` without secrets: those known by value, and those known by their shape."""
    for value in values:
        if len(value) >= 6:
            text = text.replace(value, HIDDEN)
    for pattern in _SECRETS:
        text = pattern.sub(_hide, text)
    for pattern in (_WRAPPED, _ENCODED):
        text = pattern.sub(_hide_encoded, text)
    return text


def _hide(found: re.Match[str]) -> str:
    return found[0] if found[0] == GUEST_KEY else HIDDEN


def _hide_encoded(found: re.Match[str]) -> str:
    try:
        inside = base64.b64decode("".join(found[0].split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return found[0]
    secret = any(
        match[0] != GUEST_KEY for pattern in _SECRETS for match in pattern.finditer(inside)
    )
    return HIDDEN if secret else found[0]


class LineRedactor:
    """Redacts a stream, however it is cut into pieces: a line is held back until it is whole.

    Lines that may belong to a key whose beginning was not seen are held until it is clear; of a
    key that has begun, everything is dropped up to its last line.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = tuple(values)
        self._held = ""
        self._in_key = False

    def feed(self, piece: str) -> str:
        """What may be shown now."""
        return self._take(self._held + piece, at_end=False)

    def flush(self) -> str:
        """The rest, at the end of the stream."""
        return self._take(self._held, at_end=True)

    def _take(self, text: str, *, at_end: bool) -> str:
        if not at_end:
            whole, newline, self._held = text.rpartition("\n")
            text = whole + newline
        else:
            self._held = ""
        if self._in_key:
            end = _KEY_ENDS.search(text)
            if end is None:
                return ""
            self._in_key = False
            text = text[end.end() :]
        undecided = None if at_end else _UNDECIDED.search(text)
        if undecided and len(undecided[0]) < _UNDECIDED_AT_MOST:
            self._held = undecided[0] + self._held
            text = text[: undecided.start()]
        begins = [match.end() for match in _KEY_BEGINS.finditer(text)]
        self._in_key = bool(begins) and _KEY_ENDS.search(text, begins[-1]) is None
        return redact(text, self._values)
