"""Who, where and what a machine is: the small commands of a fresh Ubuntu."""

from __future__ import annotations

import contextlib
import json
import platform
from zoneinfo import available_timezones

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.date import zone_of

KERNEL = "6.8.0-31-generic"


def architecture(call: Call) -> str:
    """The machine's processor: x86_64, as K3s' and OpenWhisk's images need it. The laptop's own."""
    return platform.machine() if call.machine.is_host else "x86_64"


@program("hostname", machines="all")
async def hostname(call: Call) -> int:
    """The name; ``-I``/``-i`` the address; ``-f`` the name in full."""
    if {"-I", "-i", "--all-ip-addresses", "--ip-address"} & set(call.argv):
        await call.out(f"{call.machine.address} \n")
        return 0
    names = [word for word in call.argv if not word.startswith("-")]
    if names:
        await call.err(
            "hostname: you must be root to change the host name\n"
            if not call.root
            else "hostname: a machine of the pocket lab keeps its name\n"
        )
        return 1
    await call.out(f"{call.machine.name}\n")
    return 0


@program("hostnamectl")
async def hostnamectl(call: Call) -> int:
    """What the machine says of itself."""
    if call.argv[:1] == ["hostname"] and len(call.argv) == 1:
        await call.out(f"{call.machine.name}\n")
        return 0
    if call.argv and call.argv[0] != "status":
        await call.err("hostnamectl: a machine of the pocket lab keeps its name\n")
        return 1
    identity = (call.machine.read("/etc/machine-id") or b"").decode().strip()
    rows = {
        "Static hostname": call.machine.name,
        "Icon name": "computer-vm",
        "Chassis": "vm",
        "Machine ID": identity,
        "Virtualization": "none (a machine of the owlab pocket lab)",
        "Operating System": release_of(call).get("PRETTY_NAME", "Ubuntu"),
        "Kernel": f"Linux {KERNEL}-pocket",
        "Architecture": architecture(call).replace("_", "-"),
    }
    await call.out("".join(f"{name:>16}: {value}\n" for name, value in rows.items()))
    return 0


@program("uname", machines="all")
async def uname(call: Call) -> int:
    """``-a``, ``-s``, ``-n``, ``-r``, ``-v``, ``-m``, ``-o``."""
    values = {
        "s": "Linux",
        "n": call.machine.name,
        "r": f"{KERNEL}-pocket",
        "v": "#31-Ubuntu SMP (simulated by the owlab pocket lab)",
        "m": architecture(call),
        "p": architecture(call),
        "o": "GNU/Linux",
    }
    long = {"--all": "a", "--machine": "m", "--kernel-name": "s", "--kernel-release": "r"}
    flags = "".join(long.get(word, word.lstrip("-")) for word in call.argv) or "s"
    unknown = [flag for flag in flags if flag not in {*values, "a", "i"}]
    if unknown:
        await call.err(f"uname: invalid option -- '{unknown[0]}'\n")
        return 1
    wanted = "snrvmo" if "a" in flags else [key for key in values if key in flags]
    await call.out(" ".join(values[key] for key in wanted) + "\n")
    return 0


@program("arch", machines="all")
async def arch(call: Call) -> int:
    """The processor."""
    await call.out(f"{architecture(call)}\n")
    return 0


@program("nproc", machines="all")
async def nproc(call: Call) -> int:
    """How many CPUs the machine was launched with."""
    await call.out(f"{call.machine.spec.cpus}\n")
    return 0


def release_of(call: Call) -> dict[str, str]:
    """What ``/etc/os-release`` says."""
    text = (call.machine.read("/etc/os-release") or b"").decode()
    return dict(line.replace('"', "").split("=", 1) for line in text.splitlines() if "=" in line)


@program("lsb_release", machines="all")
async def lsb_release(call: Call) -> int:
    """Which Ubuntu this says it is."""
    release = release_of(call)
    rows = {
        "Distributor ID": "Ubuntu",
        "Description": release.get("PRETTY_NAME", "Ubuntu"),
        "Release": release.get("VERSION_ID", "24.04"),
        "Codename": release.get("VERSION_CODENAME", "noble"),
    }
    flags = "".join(word.lstrip("-") for word in call.argv) or "v"
    chosen = dict(zip("idrc", rows, strict=True))
    names = list(rows) if "a" in flags else [chosen[flag] for flag in "idrc" if flag in flags]
    if "v" in flags or "a" in flags:
        await call.err("No LSB modules are available.\n")
    for name in names:
        await call.out(f"{rows[name]}\n" if "s" in flags else f"{name}:\t{rows[name]}\n")
    return 0


@program("cloud-init")
async def cloud_init(call: Call) -> int:
    """``status [--wait] [--long] [--format json]``."""
    if call.argv[:1] != ["status"]:
        await call.err("cloud-init: the pocket lab knows: cloud-init status [--wait]\n")
        return 2
    words = call.argv[1:]
    if "json" in words or "--format=json" in words:
        report: dict[str, object] = {"status": "done", "extended_status": "done", "errors": []}
        report |= {"boot_status_code": "enabled-by-generator", "detail": "DataSourcePocket"}
        await call.out(json.dumps(report, indent=2) + "\n")
        return 0
    await call.out("status: done\n")
    if {"--long", "-l"} & set(words):
        await call.out("boot_status_code: enabled-by-generator\ndetail: DataSourcePocket\n")
    return 0


@program("systemd-detect-virt")
async def detect_virt(call: Call) -> int:
    """The truth: there is no virtual machine."""
    if not {"-q", "--quiet"} & set(call.argv):
        await call.out("owlab-pocket\n")
    return 0


@program("timedatectl")
async def timedatectl(call: Call) -> int:
    """The clock, which is the computer's; ``set-timezone``, ``list-timezones``."""
    verb, *rest = [word for word in call.argv if not word.startswith("-")] or ["status"]
    if verb == "list-timezones":
        await call.out("".join(f"{name}\n" for name in sorted(available_timezones())))
        return 0
    if verb == "set-timezone" and len(rest) == 1:
        return await _set_timezone(call, rest[0])
    if verb == "show":
        await call.out(f"Timezone={zone_of(call) if str(zone_of(call)) != 'UTC' else 'Etc/UTC'}\n")
        return 0
    if verb != "status":
        await call.err(f"timedatectl: {verb}: the clock of the pocket lab is the computer's\n")
        return 1
    now = call.clock.now()
    zone = zone_of(call)
    local = now.astimezone(zone)
    name = str(zone) if str(zone) != "UTC" else "Etc/UTC"
    await call.out(
        f"               Local time: {local:%a %Y-%m-%d %H:%M:%S %Z}\n"
        f"           Universal time: {now:%a %Y-%m-%d %H:%M:%S} UTC\n"
        f"                 RTC time: {now:%a %Y-%m-%d %H:%M:%S}\n"
        f"                Time zone: {name} ({local:%Z, %z})\n"
        "System clock synchronized: yes\n"
        "              NTP service: n/a\n"
        "          RTC in local TZ: no\n"
    )
    return 0


async def _set_timezone(call: Call, name: str) -> int:
    if name not in available_timezones():
        await call.err(f"Failed to set time zone: Invalid or not installed time zone '{name}'\n")
        return 1
    if not call.root:
        await call.err("Failed to set time zone: Access denied\n")
        return 1
    with contextlib.suppress(FileNotFoundError):
        call.fs.remove("/etc/localtime")
    call.fs.symlink(f"/usr/share/zoneinfo/{name}", "/etc/localtime")
    call.fs.write_file("/etc/timezone", f"{name}\n".encode())
    return 0


@program("ufw")
async def ufw(call: Call) -> int:
    """Says that it does nothing: the pocket lab's machines have no firewall."""
    if not call.root:
        await call.err("ERROR: You need to be root to run this script\n")
        return 1
    if call.argv[:1] in (["status"], []):
        await call.out("Status: inactive\n")
        return 0
    await call.err("ufw: the machines of the pocket lab have no firewall; nothing was changed\n")
    return 1
