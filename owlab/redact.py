"""Secrets leave as ``***``: in everything that is shown, logged, or saved in a notebook.

OpenWhisk's published guest key is no secret, and stays: a command that shows it can be pasted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from owlab.versions import GUEST_KEY

HIDDEN = "***"

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_SECRETS: tuple[re.Pattern[str], ...] = (
    # K3s' join token: K10<hash of the CA>::<user>:<password>
    re.compile(r"K10[0-9a-f]{32,}::[^\s\"']+"),
    # a bootstrap-style token of `k3s token create`
    re.compile(r"(?<![\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])"),
    # OpenWhisk's keys: a UUID, a colon, 64 characters
    re.compile(rf"{_UUID}:[A-Za-z0-9]{{40,}}"),
    re.compile(r"(?<=Basic )[A-Za-z0-9+/=]{16,}"),
    re.compile(r"(?<=Bearer )[A-Za-z0-9._~+/=-]{16,}"),
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
    ),
    re.compile(r"(?<=client-key-data: )\S+|(?<=token: )[A-Za-z0-9._-]{20,}"),
    # the database's password: 24 characters, in keys.env and in mycluster.yaml
    re.compile(r"(?<=PASSWORD=)[A-Za-z0-9]{24}(?!\w)|(?<=password: \")[A-Za-z0-9]{24}(?=\")"),
)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")


def redact(text: str, values: Iterable[str] = ()) -> str:
    """``text`` without secrets: those known by value, and those known by their shape."""
    for value in values:
        if len(value) >= 6:
            text = text.replace(value, HIDDEN)
    for pattern in _SECRETS:
        text = pattern.sub(lambda m: m[0] if m[0] == GUEST_KEY else HIDDEN, text)
    return text


class LineRedactor:
    """Redacts a stream: holds a line back until it is whole, so no secret is cut in two.

    A private key has many lines: what follows its first one is dropped up to its last one.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = tuple(values)
        self._held = ""
        self._in_key = False

    def feed(self, piece: str) -> str:
        """What may be shown now."""
        whole, newline, self._held = (self._held + piece).rpartition("\n")
        return self._redact(whole + newline)

    def flush(self) -> str:
        """The rest, at the end of the stream."""
        rest, self._held = self._held, ""
        return self._redact(rest)

    def _redact(self, text: str) -> str:
        if self._in_key:
            end = _KEY_ENDS.search(text)
            if end is None:
                return ""
            text = text[end.end() :]
        begins = [match.end() for match in _KEY_BEGINS.finditer(text)]
        self._in_key = bool(begins) and _KEY_ENDS.search(text, begins[-1]) is None
        return redact(text, self._values)
