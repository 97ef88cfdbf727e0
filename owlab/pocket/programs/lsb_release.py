"""`lsb_release`: which Ubuntu this is."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program


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
