"""What the options of `ssh`, `scp` and ``rsync -e ssh`` say of a login; the others are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from owlab.pocket.programs.options import Complaint, refuse

PORT = 22
ABSENT = "6 b B c D E e F f G g I J K L M m N O Q R S s W w X Y y"
"""Of ssh's letters: no tunnels, no agent and no ciphers to choose."""
IDLE = {
    **dict.fromkeys(("stricthostkeychecking",), ("no", "off", "accept-new", "ask")),
    **dict.fromkeys(("loglevel",), ("quiet", "fatal", "error", "info")),
    **dict.fromkeys(("batchmode", "identitiesonly", "compression", "forwardagent"), ("yes", "no")),
    **dict.fromkeys(("passwordauthentication", "kbdinteractiveauthentication"), ("yes", "no")),
    **dict.fromkeys(("pubkeyauthentication",), ("yes",)),
    **dict.fromkeys(("userknownhostsfile", "globalknownhostsfile"), ("/dev/null",)),
    **dict.fromkeys(("connecttimeout", "connectionattempts"), ()),
    **dict.fromkeys(("serveraliveinterval", "serveralivecountmax"), ()),
}
"""What changes nothing where hosts are known, keys the only way in, and answers come at once;
with the values that do so, or any number."""


@dataclass
class LoginSettings:
    """As whom, with which keys, at which port."""

    user: str = ""
    port: int = PORT
    keys: list[str] = field(default_factory=list)
    remembers: bool = True
    """The host is noted in ``known_hosts``."""


def settings(
    program: str, given: Iterable[tuple[str, str]], status: int, port: str = "p"
) -> LoginSettings:
    """From options without their dashes. Raises :class:`Complaint`.

    :param port: the letter that means it.
    """
    found = LoginSettings()
    given = [(name.lstrip("-"), value) for name, value in given]
    refuse(program, given, ABSENT if program == "ssh" else "", status)
    for name, value in given:
        if name == "o":
            _written_out(program, found, value, status)
        elif name == "l" and program == "ssh":
            found.user = found.user or value
        elif name == port:
            found.port = _port(value, status)
        elif name == "i":
            found.keys.append(value)
    return found


def _port(text: str, status: int) -> int:
    if not text.isdecimal():
        raise Complaint(f"Bad port '{text}'\n", status)
    return int(text)


def _written_out(program: str, found: LoginSettings, text: str, status: int) -> None:
    """``-o NAME=VALUE``, as in a file of settings."""
    name, value = (*re.split(r"\s*=\s*|\s+", text.strip(), maxsplit=1), "")[:2]
    match name.lower():
        case "user":
            found.user = found.user or value
        case "port":
            found.port = _port(value, status)
        case "identityfile":
            found.keys.append(value)
        case plain if plain in IDLE and (value in IDLE[plain] or _counts(plain, value)):
            found.remembers = found.remembers and plain != "userknownhostsfile"
        case _:
            raise Complaint(
                f"{program}: -o {text} is not part of the pocket lab's {program}\n", status
            )


def _counts(name: str, value: str) -> bool:
    return not IDLE[name] and value.isdecimal()
