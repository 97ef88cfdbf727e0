"""`sysctl`: a kernel's parameters, which a machine of the lab only keeps."""

from __future__ import annotations

import posixpath

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import parse

DEFAULTS = {
    "fs.file-max": "9223372036854775807",
    "fs.inotify.max_user_instances": "128",
    "fs.inotify.max_user_watches": "62464",
    "kernel.hostname": "",
    "kernel.panic": "0",
    "kernel.panic_on_oops": "0",
    "kernel.pid_max": "4194304",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.core.somaxconn": "4096",
    "net.ipv4.conf.all.forwarding": "1",
    "net.ipv4.ip_forward": "1",
    "net.ipv4.ip_local_port_range": "32768\t60999",
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.ipv6.conf.all.forwarding": "0",
    "vm.max_map_count": "1048576",
    "vm.overcommit_memory": "0",
    "vm.swappiness": "60",
}
KEPT = "/run/sysctl.values"
FILES = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/lib/sysctl.d")
NOTE = "sysctl: kept; a machine of the pocket lab has no kernel that heeds it\n"


def _values(call: Call) -> dict[str, str]:
    values = {**DEFAULTS, "kernel.hostname": call.machine.name}
    for line in (call.machine.read(KEPT) or b"").decode(errors="replace").splitlines():
        name, _, value = line.partition("=")
        values[name] = value
    return values


@program("sysctl")
async def sysctl(call: Call) -> int:
    """Show parameters, or set them with ``-w NAME=VALUE``, ``-p FILE``, ``--system``."""
    for at, word in enumerate(call.argv):
        if word in ("-p", "--load") and call.argv[at + 1 : at + 2] in ([], ["-q"]):
            call.argv[at] = "-p/etc/sysctl.conf"
    options = parse(call, "awp:neNqr:bAX", "all write load= values names quiet system ignore")
    if options.has("system") or options.has("p", "load"):
        return await _load(call, options.value("p", "load"))
    values, status = _values(call), 0
    words = list(options.words)
    if options.has("a", "A", "X", "all"):
        words = sorted(values)
    for word in words:
        name, equals, value = word.partition("=")
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
            only = options.has("n", "values")
            alone = options.has("N", "names")
            shown = values[name] if only else name if alone else f"{name} = {values[name]}"
            await call.out(f"{shown}\n")
    return status


async def _set(call: Call, changed: dict[str, str]) -> int:
    if not call.root:
        for name in changed:
            await call.err(f'sysctl: permission denied on key "{name}"\n')
        return 1
    kept = {k: v for k, v in {**_values(call), **changed}.items() if DEFAULTS.get(k) != v}
    text = "".join(f"{name}={value}\n" for name, value in kept.items())
    call.machine.write(KEPT, text.encode())
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
