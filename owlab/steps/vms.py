"""Sections 1.1 and 1.2: Multipass, and the four virtual machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from owlab.command import Command, Result
from owlab.errors import MachineError, NameTaken, ProviderError
from owlab.fact import Fact, succeeds
from owlab.lab import Lab
from owlab.language import N_, _, listed
from owlab.machines.multipass_errors import service_down
from owlab.step import Check, Evidence, Step, on_every_machine, on_laptop

INSTALL_MULTIPASS = "sudo snap install multipass"
UP_STATES = ("Running", "Reachable")


def _versions(machine: str) -> Fact[dict[str, str]]:
    """Of client and service: the client prints its own, and exits with 0, when it is alone."""
    return Fact(Command("multipass version --format json", on=machine), json.loads, {})


def _install_provider(lab: Lab, machine: str) -> Iterator[Command]:
    if not lab.planning:
        if lab.fact(_versions(machine)):  # to install it again would help nobody
            raise service_down("`multipass version` names no multipassd")
        _refuse_to_hang(lab, machine)
    why = N_("Multipass makes the virtual machines")
    yield Command(INSTALL_MULTIPASS, timeout=900, why=why)


def _refuse_to_hang(lab: Lab, machine: str) -> None:
    """Nobody can answer sudo in the middle of a run; and only Linux has snaps."""
    if not lab.fact(succeeds("command -v snap", machine)):
        raise ProviderError(
            brief=_("Multipass is not installed, and there is no snap here to install it with."),
            resolution=_(
                "Install it as https://canonical.com/multipass/install says (on macOS: "
                "`brew install --cask multipass`), then try again."
            ),
        )
    if not lab.fact(succeeds("sudo -n true", machine)):
        raise ProviderError(
            brief=_("Multipass is not installed, and sudo asks for a password."),
            resolution=_("Type `{command}` yourself, then try again.").format(
                command=INSTALL_MULTIPASS
            ),
        )


def _provider_ready(lab: Lab, machine: str) -> Check:
    told = lab.fact(_versions(machine))
    client, service = told.get("multipass", ""), told.get("multipassd", "")
    seen = service or (f"{client}, but its service does not answer" if client else "not found")
    return Check((Evidence(_("multipass answers"), bool(service), seen),))


install_provider = Step(
    key="vms.install_provider",
    section="1.1",
    title=N_("install Multipass"),
    commands=_install_provider,
    check=_provider_ready,
    where=on_laptop,
    expect="multipass 1.x installed",
)


def _create(lab: Lab, name: str) -> Iterator[Command]:
    if lab.planning:
        yield lab.provider.launch(lab.machine(name))
        return
    info = lab.machine_info(name)
    if info is None:
        lab.provider.refuse_early(lab.config)
        # Remembered before it is launched: what an interrupted launch leaves behind is ours.
        lab.folder.add_made(name)
        try:
            yield lab.provider.launch(lab.machine(name))
        except NameTaken:
            lab.folder.remove_made(name)
            raise
        return
    if info.state == "Deleted":
        raise MachineError(
            brief=_(
                "A machine {name} was moved to the recycle bin and still holds its name."
            ).format(name=name),
            resolution=_(
                "Take it back with `multipass recover {name}`, or give it up for good "
                "with `multipass delete --purge {name}`; then run this step again."
            ).format(name=name),
        )
    if info.state not in UP_STATES:
        yield lab.provider.start([name])


def _created(lab: Lab, name: str) -> Check:
    info = None if name in lab.folder.made() else lab.machine_info(name)
    if info is not None:
        raise MachineError(
            brief=_("There is a machine {name} that this lab did not make.").format(name=name),
            details=_("state {state}, address {ipv4}").format(
                state=info.state, ipv4=info.ipv4 or _("none")
            ),
            resolution=_(
                "Nothing was done to it. Give this lab's machines another name with "
                "the setting `prefix`, such as --set prefix owl-."
            ),
        )
    return is_up(lab, name)


def is_up(lab: Lab, name: str) -> Check:
    """The machine runs, has an address, and has booted."""
    info = lab.machine_info(name)
    if info is None:
        return Check((Evidence(name, False, _("does not exist")),))
    seen = f"{info.state} {info.ipv4}".strip()
    runs = Evidence(name, info.state in UP_STATES and bool(info.ipv4), seen)
    if not runs.ok:
        return Check((runs,))
    # A machine that exists already may have no cloud-init at all.
    booted = lab.fact(
        succeeds(
            "! command -v cloud-init > /dev/null || "
            "cloud-init status | grep -qE 'status: (done|disabled)'",
            name,
        )
    )
    return Check(
        (
            runs,
            Evidence(
                _("{name} has booted").format(name=name),
                booted,
                "" if booted else _("cloud-init runs"),
            ),
        )
    )


def _delete(lab: Lab, name: str) -> Iterator[Command]:
    if name in lab.folder.made():
        yield lab.provider.delete([name])
        if not lab.planning:
            lab.folder.remove_made(name)


create = Step(
    key="vms.create",
    section="1.2",
    title=N_("create the virtual machines"),
    commands=_create,
    check=_created,
    where=on_every_machine,
    needs=(install_provider,),
    undo=_delete,
    deadline=600,
    expect="""\
Name                    State             IPv4             Image
master                  Running           10.251.200.141   Ubuntu 24.04 LTS
storage                 Running           10.251.200.186   Ubuntu 24.04 LTS
worker1                 Running           10.251.200.142   Ubuntu 24.04 LTS
worker2                 Running           10.251.200.168   Ubuntu 24.04 LTS""",
)


# The guide's "other useful commands". Each names its machines: `--all` would also take machines
# that have nothing to do with the lab.


def info(lab: Lab, *names: str) -> Result:
    """``multipass info``: state, address, load, memory and disk of machines (all by default)."""
    return _manage(lab, "info", names or [m.name for m in lab.config.machines])


def delete(lab: Lab, *names: str) -> Result:
    """``multipass delete``: move machines to the recycle bin; :func:`recover` takes them back."""
    return _manage_own(lab, "delete", names)


def recover(lab: Lab, *names: str) -> Result:
    """``multipass recover``: take machines back from the recycle bin. They are stopped then."""
    return _manage_own(lab, "recover", names)


def purge(lab: Lab, *names: str) -> Result:
    """``multipass delete --purge``: destroy machines, with everything on them."""
    result = _manage_own(lab, "delete --purge", names)
    for name in names:
        lab.folder.remove_made(name)
    return result


def _manage_own(lab: Lab, verb: str, names: Sequence[str]) -> Result:
    """Only when this lab made all of them."""
    lab.provider.manage(verb, names)  # who cannot do it at all says so first
    others = [name for name in names if lab.machine(name).name not in lab.folder.made()]
    if others:
        raise MachineError(
            brief=_("This lab did not make {names}.").format(names=listed(others)),
            details=_("It made: {names}.").format(
                names=listed(lab.folder.made()) or _("no machine yet")
            ),
            resolution=_("Nothing was done. For a machine of your own, use `multipass` itself."),
        )
    return _manage(lab, verb, names)


def _manage(lab: Lab, verb: str, names: Sequence[str]) -> Result:
    command = lab.provider.manage(verb, names)
    if not names:
        raise MachineError(
            brief=_("`multipass {verb}` needs the name of a machine.").format(verb=verb)
        )
    for name in names:
        lab.machine(name)
    result = lab.run(command)
    if not result:
        raise MachineError(
            brief=_("multipass {verb} {names} failed.").format(verb=verb, names=" ".join(names)),
            details=result.tail(),
        )
    return result
