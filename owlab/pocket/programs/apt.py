"""`apt` and `apt-get`: install, remove, update, list and the rest, on the lab's small archive.

The question *Do you want to continue?* is answered by the first line of standard input when
there is one, as in life. When nothing is there to be read (a command pasted into the lab, or
given in a script) the lab answers Y and shows it: the guide's ``sudo apt install
nfs-kernel-server`` has no ``-y``, and there is no terminal behind it to ask.
"""

from __future__ import annotations

from dataclasses import dataclass

from owlab.pocket.machines import apt_packages, ubuntu_archive, unit_jobs, units
from owlab.pocket.machines.visits import outermost
from owlab.pocket.programs import apt_cache
from owlab.pocket.programs.apt_cache import SITE
from owlab.pocket.programs.apt_options import options
from owlab.pocket.programs.base import Call, program

NO_STABLE_CLI = (
    "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n"
)
READING = (
    "Reading package lists... Done\nBuilding dependency tree... Done\n"
    "Reading state information... Done\n"
)
CHANGING = {"install", "remove", "purge", "autoremove", "update", "upgrade", "full-upgrade"}
CHANGING |= {"dist-upgrade", "clean", "autoclean", "reinstall"}


@dataclass(frozen=True, slots=True)
class AptRequest:
    """A parsed command line of apt."""

    verb: str
    names: tuple[str, ...]
    yes: bool
    quiet: bool
    purge: bool
    installed_only: bool
    upgradable_only: bool
    simulate: bool
    assume_no: bool


LONG = ["yes", "assume-yes", "assume-no", "quiet", "purge", "installed", "upgradable", "simulate"]
LONG += ["dry-run", "no-install-recommends", "no-install-suggests", "fix-broken", "reinstall"]
LONG += [
    "option=",
    "target-release=",
    "verbose-versions",
    "allow-downgrades",
    "auto-remove",
    "autoremove",
    "all-versions",
    "no-upgrade",
]
ABSENT = "t target-release V verbose-versions auto-remove autoremove reinstall no-upgrade"


def parse(argv: list[str]) -> AptRequest:
    """Read apt's command line. Raises :class:`Complaint`."""
    given, words = options(argv, "yqso:ft:V", LONG, ABSENT)
    return AptRequest(
        verb=words[0] if words else "",
        names=tuple(words[1:]),
        yes=bool(given & {"-y", "--yes", "--assume-yes"}),
        quiet=bool(given & {"-q", "--quiet"}),
        purge="--purge" in given,
        installed_only="--installed" in given,
        upgradable_only="--upgradable" in given,
        simulate=bool(given & {"-s", "--simulate", "--dry-run"}),
        assume_no="--assume-no" in given,
    )


@program("apt", "apt-get")
async def apt(call: Call) -> int:
    """Packages: ``update``, ``install``, ``remove``, ``list``, ``search``, ``show`` and others."""
    asks = call.argv[:1] in (["--version"], ["-v"])
    request = parse([] if asks else call.argv)
    if any(word.startswith(("-o", "--option")) for word in call.argv):
        await call.err("W: The pocket lab's apt has no settings: -o is passed over\n")
    if request.verb in ("help", ""):
        await call.out(f"{call.name} 2.7.14 (amd64) of the pocket lab\n")
        return 0
    # apt warns when nobody watches its output; apt-get has a stable interface.
    if call.name == "apt":
        await call.err(NO_STABLE_CLI)
    if request.verb in CHANGING and not call.root and not request.simulate:
        lock = "lists/lock" if request.verb == "update" else "dpkg/lock-frontend"
        where = "/var/lib/apt/" if request.verb == "update" else "/var/lib/"
        await call.err(
            f"E: Could not open lock file {where}{lock} - open (13: Permission denied)\n"
        )
        await call.err(
            "E: Unable to lock directory /var/lib/apt/lists/\n"
            if request.verb == "update"
            else "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), "
            "are you root?\n"
        )
        return 100
    match request.verb:
        case "install" | "reinstall":
            return await _install(call, request)
        case "remove" | "purge":
            return await _remove(call, request, list(request.names))
        case "autoremove":
            return await _remove(call, request, apt_packages.unneeded(call.machine), automatic=True)
        case "update":
            return await _update(call)
        case "upgrade" | "full-upgrade" | "dist-upgrade":
            await call.out(READING + "Calculating upgrade... Done\n" + _summary([], []))
            return 0
        case "clean" | "autoclean":
            return 0
        case "list":
            return await _list(call, request)
        case "policy" | "show" | "search":
            return await _query(call, request)
        case "moo":
            await call.out('"Have you mooed today?"\n')
            return 0
    await call.err(f"E: Invalid operation {request.verb}\n")
    return 100


async def _install(call: Call, request: AptRequest) -> int:
    machine = call.machine
    await call.out(READING)
    names = [name.split("=")[0].split("/")[0].removesuffix(":amd64") for name in request.names]
    unknown = [name for name in names if ubuntu_archive.known(name) is None]
    if unknown:
        for name in unknown:
            await call.err(f"E: Unable to locate package {name}\n")
        await call.err(
            "N: The pocket lab has a small part of Ubuntu's archive: apt-cache pkgnames lists it.\n"
        )
        return 100
    have = apt_packages.installed(machine)
    for name in names:
        if name in have:
            await call.out(f"{name} is already the newest version ({have[name]}).\n")
            apt_packages.install(machine, name, asked=True)
    new = apt_packages.with_dependencies(names, have)
    if not new:
        await call.out(_summary([], []))
        return 0
    extra = sorted(set(new) - set(names))
    suggested = sorted(
        {word for name in new if (p := ubuntu_archive.known(name)) for word in p.suggests}
        - set(new)
        - set(have)
    )
    text = ""
    if extra:
        text += "The following additional packages will be installed:\n" + _wrapped(extra)
    if suggested:
        text += "Suggested packages:\n" + _wrapped(suggested)
    text += "The following NEW packages will be installed:\n" + _wrapped(sorted(new))
    await call.out(text + _summary(new, []))
    size = sum(package.kilobytes for name in new if (package := ubuntu_archive.known(name)))
    await call.out(
        f"Need to get {size} kB of archives.\n"
        f"After this operation, {_disk(size * 4)} of additional disk space will be used.\n"
    )
    if request.simulate:
        return 0
    # apt asks only when it does more than it was told.
    if extra and not await _confirmed(call, request):
        return 1
    await _unpack(call, new, size)
    for name in new:
        apt_packages.install(machine, name, asked=name in names)
        await _set_up(call, name)
    await call.out("Processing triggers for man-db (2.12.0-4build2) ...\n")
    call.fleet.changed(call.machine)
    return 0


async def _unpack(call: Call, new: list[str], size: int) -> None:
    for number, name in enumerate(new, 1):
        package = ubuntu_archive.known(name)
        assert package is not None
        await call.out(
            f"Get:{number} {SITE} noble/main amd64 {name} amd64 "
            f"{package.version} [{package.kilobytes} kB]\n"
        )
    await call.clock.pause(size / 400)
    await call.out(f"Fetched {size} kB in 1s ({size} kB/s)\n")
    for name in new:
        shown, version = _shown(name), ubuntu_archive.ARCHIVE[name].version
        file = f"{name}_{version.replace(':', '%3a')}_amd64.deb"
        await call.out(
            f"Selecting previously unselected package {shown}.\n"
            f"Preparing to unpack .../{file} ...\nUnpacking {shown} ({version}) ...\n"
        )
    await call.clock.pause(2 * len(new))


async def _set_up(call: Call, name: str) -> None:
    package = ubuntu_archive.known(name)
    assert package is not None
    await call.out(f"Setting up {_shown(name)} ({package.version}) ...\n")
    for path in apt_packages.write_files(call.machine, package):
        await call.out(f"\nCreating config file {path} with new version\n")
    for unit in package.units:
        kind = units.KINDS[unit]
        if kind.enabled and units.enable(call.machine, unit):
            await call.out(units.link_text(unit) + "\n")
        if kind.active:
            await unit_jobs.start(call.machine, unit)


async def _remove(
    call: Call, request: AptRequest, names: list[str], automatic: bool = False
) -> int:
    have = apt_packages.installed(call.machine)
    await call.out(READING)
    for name in names:
        if ubuntu_archive.known(name) is None:
            await call.err(f"E: Unable to locate package {name}\n")
            return 100
        if name not in have:
            await call.out(f"Package '{name}' is not installed, so not removed\n")
    going = apt_packages.dependents(names, have)
    if not going:
        await call.out(_summary([], []))
        return 0
    purge = request.purge or request.verb == "purge"
    star = "*" if purge else ""
    await call.out(
        "The following packages will be REMOVED:\n"
        + _wrapped([name + star for name in sorted(going)])
        + _summary([], going)
        + f"After this operation, {_disk(400 * len(going))} disk space will be freed.\n"
    )
    if request.simulate:
        return 0
    if not await _confirmed(call, request):
        return 1
    for name in going:
        package = ubuntu_archive.known(name)
        assert package is not None
        await call.out(f"Removing {_shown(name)} ({package.version}) ...\n")
        for unit in package.units:
            await unit_jobs.stop(call.machine, unit)
            units.forget(call.machine, unit)
        apt_packages.remove(call.machine, name)
        if purge:
            apt_packages.remove_files(call.machine, package)
    call.fleet.changed(call.machine)
    return 0


async def _update(call: Call) -> int:
    suites = ("noble", "noble-updates", "noble-backports", "noble-security")
    for number, suite in enumerate(suites, 1):
        await call.out(f"Hit:{number} {SITE} {suite} InRelease\n")
    for name in apt_cache.strangers(call):
        await call.err(
            f"W: {name} is not read: the pocket lab has a part of Ubuntu's archive, and no other\n"
        )
    await call.clock.pause(5)
    await call.out(READING)
    if call.name == "apt":
        await call.out("All packages are up to date.\n")
    return 0


async def _list(call: Call, request: AptRequest) -> int:
    have = apt_packages.installed(call.machine)
    await call.out("Listing...\n")
    if request.upgradable_only:
        return 0
    for name in ubuntu_archive.everything():
        package = ubuntu_archive.known(name)
        wanted = not request.names or name in request.names
        if package and wanted and (name in have or not request.installed_only):
            await call.out(f"{_listed(call, name, package.version)}\n")
    return 0


def _listed(call: Call, name: str, version: str) -> str:
    """A package as `list` and `search` show it."""
    have = name in apt_packages.installed(call.machine)
    kind = "installed,automatic" if apt_packages.automatic(call.machine, name) else "installed"
    return f"{name}/noble{',now' if have else ''} {version} amd64{f' [{kind}]' if have else ''}"


async def _query(call: Call, request: AptRequest) -> int:
    if request.verb == "policy":
        return await apt_cache.policy(call, request.names)
    if request.verb == "show":
        return await apt_cache.show(call, request.names)
    if not request.names:
        await call.err("E: You must give at least one search pattern\n")
        return 100
    await call.out("Sorting...\nFull Text Search...\n")
    for name, package in apt_cache.found(request.names):
        await call.out(f"{_listed(call, name, package.version)}\n  {package.summary}\n\n")
    return 0


async def _confirmed(call: Call, request: AptRequest) -> bool:
    """Ask, and take the first line that comes; nothing to read means Y (see the module)."""
    if request.yes:
        return True
    question = "Do you want to continue? [Y/n] "
    if request.assume_no:
        await call.out(f"{question}N\nAbort.\n")
        return False
    await call.out(question)
    typed = await call.reader.read_chunk()
    answer = typed.decode(errors="replace").partition("\n")[0].strip() if typed else "Y"
    # A terminal has shown what was typed.
    top = outermost(call.session)
    if typed is None or top is None or not top.tty:
        await call.out(f"{answer}\n")
    if answer[:1] in ("", "y", "Y"):
        return True
    await call.out("Abort.\n")
    return False


def _shown(name: str) -> str:
    package = ubuntu_archive.known(name)
    return f"{name}:amd64" if package and package.library else name


def _summary(new: list[str], going: list[str]) -> str:
    return f"0 upgraded, {len(new)} newly installed, {len(going)} to remove and 0 not upgraded.\n"


def _wrapped(names: list[str]) -> str:
    lines, line = [], " "
    for name in names:
        if len(line) + len(name) > 78:
            lines.append(line)
            line = " "
        line += f" {name}"
    return "\n".join([*lines, line]) + "\n"


def _disk(kilobytes: int) -> str:
    return f"{kilobytes / 1000:.1f} MB" if kilobytes >= 10_000 else f"{kilobytes} kB"
