"""`sysctl`: a kernel's parameters, which a machine of the lab only keeps."""

from __future__ import annotations

import posixpath

from owlab.pocket.machines import kernel_parameters
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import parse

FILES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/lib/sysctl.d")
NOTE = "sysctl: kept; a machine of the pocket lab has no kernel that heeds it\n"


@program("sysctl")
async def sysctl(call: Call) -> int:
    """Show parameters, or set them with ``-w NAME=VALUE``, ``-p FILE``, ``--system``."""
    for at, word in enumerate(call.argv):
        if word in ("-p", "--load") and call.argv[at + 1 : at + 2] in ([], ["-q"]):
            call.argv[at] = "-p/etc/sysctl.conf"
    options = parse(
        call,
        "awp:neNqr:bAX",
        "all write load= values names quiet system ignore pattern= binary",
        absent="r pattern",
    )
    if options.has("system") or options.has("p", "load"):
        return await _load(call, options.value("p", "load"))
    values, status = kernel_parameters.values(call.machine), 0
    words = list(options.words)
    if options.has("a", "A", "X", "all"):
        words = sorted(values)
    for word in words:
        name, equals, value = word.partition("=")
        if not equals and options.has("w", "write"):
            await call.err(f'sysctl: "{word}" must be of the form name=value\n')
            status = 1
            continue
        name = name.strip().replace("/", ".")
        if name not in values:
            path = "/proc/sys/" + name.replace(".", "/")
            if not options.has("e", "ignore"):
                await call.err(f"sysctl: cannot stat {path}: No such file or directory\n")
                status = 1
        elif equals:
            status = await _set(call, {name: value.strip()}) or status
            if not status and not options.has("q", "quiet"):
                await call.out(f"{name} = {value.strip()}\n")
        else:
            raw = options.has("b", "binary")
            only = raw or options.has("n", "values")
            alone = options.has("N", "names")
            shown = values[name] if only else name if alone else f"{name} = {values[name]}"
            await call.out(shown if raw else f"{shown}\n")
    return status


async def _set(call: Call, changed: dict[str, str]) -> int:
    if not call.root:
        for name in changed:
            await call.err(f'sysctl: permission denied on key "{name}"\n')
        return 1
    kernel_parameters.put(call.machine, changed)
    await call.err(NOTE)
    return 0


async def _load(call: Call, name: str | None) -> int:
    if name is not None:
        paths = [call.path(name)]
    else:
        paths = [
            posixpath.join(folder, str(entry["name"]))
            for folder in FILES
            if call.fs.is_directory(folder)
            for entry in call.fs.read_dir(folder)
            if str(entry["name"]).endswith(".conf")
        ]
        if call.fs.exists("/etc/sysctl.conf"):
            paths.append("/etc/sysctl.conf")
    changed: dict[str, str] = {}
    for path in paths:
        content = call.read(path)
        if content is None:
            await call.err(f'sysctl: cannot open "{path}": No such file or directory\n')
            return 1
        if name is None:
            await call.out(f"* Applying {path} ...\n")
        for line in content.decode(errors="replace").splitlines():
            key, equals, value = line.partition("=")
            if equals and not key.strip().startswith(("#", ";")):
                changed[key.strip().lstrip("-").replace("/", ".")] = value.strip()
    status = await _set(call, changed) if changed else 0
    for key, value in changed.items() if not status else ():
        await call.out(f"{key} = {value}\n")
    return status
