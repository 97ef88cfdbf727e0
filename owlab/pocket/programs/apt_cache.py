"""`apt-cache` and `apt-mark`: what the archive has, and what was asked for by name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from owlab.pocket.machines import apt_packages, ubuntu_archive
from owlab.pocket.machines.ubuntu_archive import Package
from owlab.pocket.programs.apt_options import options
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint

SITE = "http://archive.ubuntu.com/ubuntu"
PLACE = f"{SITE} noble/main amd64 Packages"
SOURCES = "/etc/apt/sources.list"
OWN = "ubuntu.sources"


def found(patterns: Iterable[str]) -> list[tuple[str, Package]]:
    """The packages whose name or summary has all of these."""
    try:
        wanted = [re.compile(pattern, re.I) for pattern in patterns]
    except re.error as error:
        raise Complaint(f"E: Regex compilation error - {error.msg}\n", 100) from None
    return [
        (name, package)
        for name in ubuntu_archive.everything()
        if (package := ubuntu_archive.known(name)) is not None
        and all(one.search(f"{name} {package.summary}") for one in wanted)
    ]


def strangers(call: Call) -> list[str]:
    """Lists of other archives that somebody wrote."""
    known = [f"{SOURCES}.d/{name}" for name in call.machine.listdir(f"{SOURCES}.d") or []]
    known = [path for path in sorted(known) if path.endswith((".list", ".sources"))]
    known = [path for path in known if not path.endswith(OWN)]
    text = (call.machine.read(SOURCES) or b"").decode(errors="replace")
    other = any(line.startswith("deb") and "ubuntu.com" not in line for line in text.splitlines())
    return [SOURCES, *known] if other else known


async def policy(call: Call, names: Iterable[str]) -> int:
    """Which version there is, and which the machine has."""
    names = list(names)
    if not names:
        await call.out(
            "Package files:\n 100 /var/lib/dpkg/status\n     release a=now\n"
            f" 500 {PLACE}\n     release v=24.04,o=Ubuntu,a=noble,n=noble,l=Ubuntu,c=main,b=amd64\n"
            "     origin archive.ubuntu.com\nPinned packages:\n"
        )
        return 0
    have = apt_packages.installed(call.machine)
    for name in names:
        package = ubuntu_archive.known(name)
        if package is None:
            await call.err(f"N: Unable to locate package {name}\n")
            continue
        there = name in have
        own = "        100 /var/lib/dpkg/status\n" if there else ""
        await call.out(
            f"{name}:\n  Installed: {have.get(name, '(none)')}\n"
            f"  Candidate: {package.version}\n  Version table:\n"
            f"{' ***' if there else '    '} {package.version} 500\n        500 {PLACE}\n{own}"
        )
    return 0


async def show(call: Call, names: Iterable[str]) -> int:
    """All that is known of packages."""
    names, status = list(names), 0
    for name in names:
        package = ubuntu_archive.known(name)
        if package is None:
            await call.err(f"N: Unable to locate package {name}\n")
            status = 100
            continue
        rows = {
            "Package": name,
            "Version": package.version,
            "Architecture": "amd64",
            "Installed-Size": f"{package.kilobytes * 4} kB",
            "Depends": ", ".join(package.depends),
            "Suggests": ", ".join(package.suggests),
            "Download-Size": f"{package.kilobytes} kB",
            "APT-Manual-Installed": "no" if apt_packages.automatic(call.machine, name) else "yes",
            "APT-Sources": PLACE,
            "Description": package.summary,
        }
        if name not in apt_packages.installed(call.machine):
            del rows["APT-Manual-Installed"]
        await call.out("".join(f"{key}: {text}\n" for key, text in rows.items() if text) + "\n")
    if status:
        await call.err("E: No packages found\n" if len(names) == 1 else "")
    return status


@program("apt-cache", own_help=True)
async def apt_cache(call: Call) -> int:
    """``search PATTERN``, ``show``, ``policy``, ``depends``, ``rdepends``, ``madison`` NAME."""
    given, words = options(call.argv, "nqh", ["names-only", "quiet", "help"])
    names_only = bool({"-n", "--names-only"} & given)
    verb, names = (words[0], words[1:]) if words else ("", [])
    if verb in ("", "help") or {"-h", "--help"} & given:
        await call.out("apt 2.7.14 (amd64) of the pocket lab\nUsage: apt-cache [options] command\n")
        return 0
    if verb == "search":
        if not names:
            raise Complaint("E: You must give at least one search pattern\n", 100)
        for name, package in found(names):
            if not names_only or all(re.search(one, name) for one in names):
                await call.out(f"{name} - {package.summary}\n")
        return 0
    if verb == "policy":
        return await policy(call, names)
    if verb == "show":
        if not names:
            raise Complaint("E: No packages found\n", 100)
        return await show(call, names)
    if verb == "pkgnames":
        start = names[0] if names else ""
        await call.out(
            "".join(f"{name}\n" for name in ubuntu_archive.everything() if name.startswith(start))
        )
        return 0
    if verb in ("depends", "rdepends", "madison"):
        return await _each(call, verb, names)
    raise Complaint(f"E: Invalid operation {verb}\n", 100)


async def _each(call: Call, verb: str, names: list[str]) -> int:
    status = 0
    for name in names:
        package = ubuntu_archive.known(name)
        if package is None:
            await call.err(f"N: Unable to locate package {name}\n")
            status = 100
        elif verb == "madison":
            await call.out(f"{name:>10} | {package.version} | {PLACE}\n")
        elif verb == "depends":
            await call.out(f"{name}\n" + "".join(f"  Depends: {one}\n" for one in package.depends))
        else:
            needing = [
                one
                for one in ubuntu_archive.everything()
                if (other := ubuntu_archive.known(one)) is not None and name in other.depends
            ]
            shown = "".join(f"  {one}\n" for one in needing)
            await call.out(f"{name}\nReverse Depends:\n{shown}")
    return status


@program("apt-mark")
async def apt_mark(call: Call) -> int:
    """``showmanual``, ``showauto``, ``auto NAME``, ``manual NAME``; nothing here needs holding."""
    _, words = options(call.argv, "qy", ["quiet", "yes"])
    verb, names = (words[0], words[1:]) if words else ("", [])
    have = apt_packages.installed(call.machine)
    if verb in ("showmanual", "showauto"):
        automatic = verb == "showauto"
        chosen = [name for name in have if apt_packages.automatic(call.machine, name) == automatic]
        chosen = [name for name in chosen if not names or name in names]
        await call.out("".join(f"{name}\n" for name in chosen))
        return 0
    if verb == "showhold":
        return 0
    if verb not in ("auto", "manual", "hold", "unhold"):
        raise Complaint(
            f"E: Invalid operation {verb}\n" if verb else "E: No operation given\n", 100
        )
    for name in names:
        if ubuntu_archive.known(name) is None:
            raise Complaint(f"E: Unable to locate package {name}\nE: No packages found\n", 100)
    if not call.root:
        raise Complaint(
            "E: Could not create temporary file for /var/lib/apt/extended_states - mkstemp "
            "(13: Permission denied)\nE: Failed to write temporary StateFile "
            "/var/lib/apt/extended_states\n",
            100,
        )
    if verb in ("hold", "unhold"):
        raise Complaint(
            f"apt-mark: {verb}: nothing is upgraded in the pocket lab, so that nothing is held\n"
        )
    return await _mark(call, names, automatic=verb == "auto")


async def _mark(call: Call, names: list[str], *, automatic: bool) -> int:
    kind = "automatically" if automatic else "manually"
    for name in names:
        changed = apt_packages.mark(call.machine, name, automatic=automatic)
        await call.out(f"{name} {'' if changed else 'was already '}set to {kind} installed.\n")
    call.machine.save()
    return 0
