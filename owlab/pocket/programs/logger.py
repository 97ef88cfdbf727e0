"""`logger`: a message of one's own in the machine's log."""

from __future__ import annotations

import random

from owlab.pocket.machines import syslog
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse

LONG = "tag= priority= stderr id? file= skip-empty no-act journald? "
LONG += "server= port= tcp udp socket= size="


@program("logger")
async def logger(call: Call) -> int:
    """A message: ``-t TAG``, ``-p FACILITY.LEVEL``, ``-i``, ``-s``, ``-f FILE``."""
    options = parse(call, "t:p:isf:en:P:Tdu:S:", LONG, absent="S size journald")
    if options.has("n", "server", "P", "port", "u", "socket", "T", "tcp", "d", "udp"):
        text = "the pocket lab's log is the machine's own: no -n, -P, -u, -T, -d"
        raise Complaint(f"logger: {text}\n")
    facility, level = _priority(options.value("p", "priority") or "user.notice")
    tag = options.value("t", "tag") or call.user
    if options.has("i", "id"):
        tag += f"[{options.value('id') or random.randrange(2_000, 30_000)}]"
    text = await _text(call, options.value("f", "file"), options.words)
    for line in text.splitlines():
        if not line and options.has("e", "skip-empty"):
            continue
        if options.has("s", "stderr"):
            await call.err(f"<{_number(facility, level)}>{_stamp()} {tag}: {line}\n")
        if not options.has("no-act"):
            said = syslog.LogLine(syslog.now(), tag, line, priority=level, facility=facility)
            syslog.write(call.machine, said)
    return 0


async def _text(call: Call, name: str | None, words: tuple[str, ...]) -> str:
    if words:
        return " ".join(words)
    if name in (None, "-"):
        return (await call.stdin()).decode(errors="replace")
    assert name is not None
    content = call.read(call.path(name))
    if content is None:
        raise Complaint(f"logger: file {name}: No such file or directory\n")
    return content.decode(errors="replace")


def _priority(text: str) -> tuple[str, str]:
    facility, dot, level = text.rpartition(".")
    facility = (facility or "user").lower()
    level = syslog.OTHER_NAMES.get(level.lower(), level.lower())
    if dot and facility not in syslog.FACILITIES:
        raise Complaint(f"logger: unknown facility name: {text}\n")
    if level not in syslog.PRIORITIES:
        raise Complaint(f"logger: unknown priority name: {text}\n")
    return facility, level


def _number(facility: str, level: str) -> int:
    # FTP is the last with a name; twelve to fifteen belong to nobody.
    place = syslog.FACILITIES.index(facility)
    return 8 * (place + 4 if facility.startswith("local") else place) + syslog.PRIORITIES.index(
        level
    )


def _stamp() -> str:
    return f"{syslog.now():%b %e %H:%M:%S}"
