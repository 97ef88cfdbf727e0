"""`dpkg` and `dpkg-query`: what is installed, as scripts ask it."""

from __future__ import annotations

import fnmatch
import getopt
import re

from owlab.pocket.machines import apt_packages, ubuntu_archive
from owlab.pocket.programs.base import Call, program

HEADER = """\
Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
|/ Err?=(none)/waitpend/Reinst-required (Status,Err: uppercase=bad)
"""


@program("dpkg", "dpkg-query")
async def dpkg(call: Call) -> int:
    """``-l``, ``-s``, ``-W [-f FORMAT]`` and ``--print-architecture``."""
    long = ["list", "status", "show", "showformat=", "print-architecture", "get-selections"]
    long += ["listfiles", "search", "install"]
    try:
        options, names = getopt.gnu_getopt(call.argv, "lsWf:LSi", long)
    except getopt.GetoptError as error:
        await call.err(f"{call.name}: error: unknown option --{error.opt}\n")
        return 2
    given = dict(options)
    have = apt_packages.installed(call.machine)
    if "--print-architecture" in given:
        await call.out("amd64\n")
        return 0
    if "-s" in given or "--status" in given:
        return await _status(call, names, have)
    if "-i" in given or "--install" in given:
        await call.err(f"{call.name}: the pocket lab's dpkg installs no files: use apt\n")
        return 2
    if {"-L", "-S", "--listfiles", "--search"} & set(given):
        await call.err(f"{call.name}: the pocket lab's packages keep no lists of their files\n")
        return 2
    chosen = [n for n in have if not names or any(fnmatch.fnmatchcase(n, p) for p in names)]
    missing = [p for p in names if not any(fnmatch.fnmatchcase(n, p) for n in have)]
    if "-l" in given or "--list" in given:
        if chosen:
            await call.out(HEADER + _table(chosen, have))
    elif "-W" in given or "--show" in given:
        form = given.get("-f") or given.get("--showformat") or "${Package}\\t${Version}\\n"
        for name in chosen:
            await call.out(_formatted(form, name, have[name]))
    elif "--get-selections" in given:
        await call.out("".join(f"{name}\t\t\t\t\tinstall\n" for name in chosen))
    else:
        await call.err(f"{call.name}: error: need an action option\n")
        return 2
    for pattern in missing:
        await call.err(f"dpkg-query: no packages found matching {pattern}\n")
    return 1 if missing else 0


async def _status(call: Call, names: list[str], have: dict[str, str]) -> int:
    missing = False
    for name in names:
        package = ubuntu_archive.known(name)
        if name not in have or package is None:
            await call.err(
                f"dpkg-query: package '{name}' is not installed and no information is available\n"
            )
            missing = True
            continue
        await call.out(
            f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n"
            f"Version: {have[name]}\nDescription: {package.summary}\n\n"
        )
    return 1 if missing else 0


def _table(names: list[str], have: dict[str, str]) -> str:
    width = max(14, *(len(name) for name in names))
    versions = max(12, *(len(have[name]) for name in names))
    lines = [
        f"||/ {'Name':<{width}} {'Version':<{versions}} Architecture Description",
        f"+++-{'=' * width}-{'=' * versions}-============-{'=' * 33}",
    ]
    for name in names:
        package = ubuntu_archive.known(name)
        summary = package.summary if package else ""
        lines.append(f"ii  {name:<{width}} {have[name]:<{versions}} amd64        {summary}")
    return "\n".join(lines) + "\n"


def _formatted(form: str, name: str, version: str) -> str:
    fields = {
        "package": name,
        "binary:package": name,
        "version": version,
        "status": "install ok installed",
        "db:status-abbrev": "ii ",
        "db:status-status": "installed",
        "architecture": "amd64",
    }
    text = re.sub(
        r"\$\{([^};]+)(?:;-?\d+)?\}", lambda found: fields.get(found[1].lower(), ""), form
    )
    return text.replace("\\n", "\n").replace("\\t", "\t")
