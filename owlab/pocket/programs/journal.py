"""`journalctl`: what systemd and the units wrote."""

from __future__ import annotations

import getopt
import json

from owlab.pocket.programs import units
from owlab.pocket.programs.base import Call, program


@program("journalctl")
async def journalctl(call: Call) -> int:
    """``-u UNIT``, ``-n LINES``, ``-o cat|json|short-iso``, ``-r``, ``-g PATTERN``.

    ``-f`` shows what there is and ends: the pocket lab's units write when something is done to
    them, so there is nothing to wait for.
    """
    long = ["unit=", "lines=", "no-pager", "output=", "reverse", "grep=", "follow", "catalog"]
    long += ["pager-end", "boot", "since=", "until=", "quiet"]
    try:
        options, words = getopt.gnu_getopt(call.argv, "u:n:o:rg:fxebqk", long)
    except getopt.GetoptError as error:
        await call.err(f"journalctl: {error.msg}\n")
        return 1
    if words:
        await call.err(f"Failed to add match '{words[0]}': Invalid argument\n")
        return 1
    given = dict(options)
    asked = [units.plain(value) for name, value in options if name in ("-u", "--unit")]
    chosen = asked or sorted(call.machine.state.journal)
    lines = sorted(
        ([*line, unit] for unit in chosen for line in units.journal(call.machine, unit)),
        key=lambda line: line[0],
    )
    pattern = given.get("-g") or given.get("--grep")
    if pattern:
        lines = [line for line in lines if pattern.lower() in line[2].lower()]
    limit = given.get("-n") or given.get("--lines")
    if limit and limit.lstrip("+").isdigit():
        lines = lines[-int(limit.lstrip("+")) :] if int(limit.lstrip("+")) else []
    if "-r" in given or "--reverse" in given:
        lines.reverse()
    form = given.get("-o") or given.get("--output") or "short"
    if not lines:
        await call.out("-- No entries --\n")
        return 0
    for when, by, text, unit in lines:
        if form == "cat":
            await call.out(f"{text}\n")
        elif form.startswith("json"):
            record = {"_SYSTEMD_UNIT": f"{unit}.service", "SYSLOG_IDENTIFIER": by, "MESSAGE": text}
            await call.out(json.dumps(record) + "\n")
        else:
            shown = when if form.startswith("short-iso") else units.syslog_time(when)
            await call.out(f"{shown} {call.machine.name} {by}: {text}\n")
    return 0
