"""The simulated installer behind https://get.k3s.io: K3s' files, units and words."""

from __future__ import annotations

from owlab.pocket.machines import k3s_installation, unit_jobs, units
from owlab.pocket.machines.k3s_flags import ArgumentError, from_environment, parse_flags
from owlab.pocket.machines.k3s_installation import BIN
from owlab.pocket.machines.state import K3s
from owlab.pocket.programs import systemd
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.k3s_args import Install, parse_install, released

GITHUB = "https://github.com/k3s-io/k3s/releases/download"


@program("k3s-pocket-installer")
async def installer(call: Call) -> int:
    """What the install script does, with the real script's lines."""
    try:
        install = parse_install(call.env, call.argv)
    except ArgumentError as error:
        await call.err(f"[ERROR]  {error} \n")
        return 1
    if install.channel:
        await _info(call, f"Finding release for channel {install.channel}")
    await _info(call, f"Using {install.version} as release")
    await _warn(call, install)
    if not await _download(call, install):
        return 1
    await _write_programs(call, install)
    return await _set_up_service(call, install)


async def _warn(call: Call, install: Install) -> None:
    """Say on what the lab does not act, before anything is installed."""
    try:
        flags = parse_flags([*from_environment(install.environment), *install.args])
    except ArgumentError:
        return  # the service says so when it starts
    for name in flags.unacted():
        await call.err(f"[WARN]  the pocket lab does not act on --{name} \n")


async def _download(call: Call, install: Install) -> bool:
    version = install.version
    base = f"{GITHUB}/{version}"
    if install.mirror:
        base = f"{install.mirror}/k3s/{version.replace('+', '-')}"
    await _info(call, f"Downloading hash {base}/sha256sum-amd64.txt")
    if not released(version):
        await call.err("[ERROR]  Download failed\n")
        return False
    if k3s_installation.version_of_programs(call.machine) == version:
        await _info(call, "Skipping binary downloaded, installed k3s matches hash")
        return True
    await _info(call, f"Downloading binary {base}/k3s")
    await call.clock.pause(12)
    await _info(call, "Verifying binary download")
    await _info(call, f"Installing k3s to {BIN}/k3s")
    return True


async def _write_programs(call: Call, install: Install) -> None:
    await _info(call, "Skipping installation of SELinux RPM")
    for name in ("k3s", "kubectl", "crictl", "ctr"):
        if name != "k3s":
            already = call.machine.read(f"{BIN}/{name}") is not None
            await _info(
                call,
                f"Skipping {BIN}/{name} symlink to k3s, already exists"
                if already
                else f"Creating {BIN}/{name} symlink to k3s",
            )
        k3s_installation.write_program(call.machine, name, install.version)
    await _info(call, f"Creating killall script {BIN}/k3s-killall.sh")
    k3s_installation.write_script(call.machine, "k3s-killall.sh", "killall")
    name = k3s_installation.UNINSTALL[install.role]
    await _info(call, f"Creating uninstall script {BIN}/{name}")
    k3s_installation.write_script(call.machine, name, "uninstall")


async def _set_up_service(call: Call, install: Install) -> int:
    unit, machine = install.unit, call.machine
    changed = k3s_installation.configure(
        machine,
        K3s(
            role=install.role,
            version=install.version,
            args=list(install.args),
            url=install.url,
            token=install.token,
            token_file=call.path(install.token_file) if install.token_file else "",
            node_name=install.node_name,
            environment=dict(install.environment),
        ),
    )
    await _info(call, f"env: Creating environment file /etc/systemd/system/{unit}.service.env")
    await _info(call, f"systemd: Creating service file /etc/systemd/system/{unit}.service")
    if not install.enable:
        return 0
    await _info(call, f"systemd: Enabling {unit} unit")
    if units.enable(machine, unit):
        await call.err(units.link_text(unit) + "\n")
    if not install.start:
        machine.save()
        return 0
    if not changed and units.active(machine, unit):
        await _info(call, "No change detected so skipping service start")
        return 0
    await _info(call, f"systemd: Starting {unit}")
    await call.clock.pause(15)
    await unit_jobs.stop(call.machine, unit)
    status = await systemd.start(call, unit)
    machine.save()
    return status


async def _info(call: Call, text: str) -> None:
    await call.out(f"[INFO]  {text}\n")


@program("k3s-pocket-uninstall")
async def uninstall(call: Call) -> int:
    """What ``k3s-uninstall.sh`` and ``k3s-agent-uninstall.sh`` do."""
    unit = await k3s_installation.remove(call.machine)
    await call.err(f'Removed "/etc/systemd/system/multi-user.target.wants/{unit}.service".\n')
    return 0


@program("k3s-pocket-killall")
async def killall(call: Call) -> int:
    """What ``k3s-killall.sh`` does: stop K3s and its containers."""
    for unit in ("k3s", "k3s-agent"):
        if units.unit_file(call.machine, unit):
            await unit_jobs.stop(call.machine, unit)
    return 0
