"""`lsb_release`: which Ubuntu this is."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse

LONG = {
    "version": "v",
    "id": "i",
    "description": "d",
    "release": "r",
    "codename": "c",
    "all": "a",
    "short": "s",
}


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
    try:
        given = parse(call, "vidrcas", " ".join(LONG), status=2)
    except Complaint as error:
        raise Complaint(error.text.partition("\n")[0] + "\n", error.status) from None
    flags = {LONG.get(name, name) for name, _ in given.given}
    if not flags - {"s"}:
        flags.add("v")
    chosen = dict(zip("idrc", rows, strict=True))
    names = list(rows) if "a" in flags else [chosen[flag] for flag in "idrc" if flag in flags]
    if "v" in flags or "a" in flags:
        await call.err("No LSB modules are available.\n")
    for name in names:
        await call.out(f"{rows[name]}\n" if "s" in flags else f"{name}:\t{rows[name]}\n")
    return 0
