"""Section 4: wsk, the command line of OpenWhisk."""

from __future__ import annotations

from collections.abc import Iterator

from owlab.command import Command
from owlab.fact import Fact
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.step import Check, Evidence, Step, on_master
from owlab.steps import vms
from owlab.steps.control import control

RELEASES = "https://github.com/apache/openwhisk-cli/releases/download"


def program(lab: Lab) -> str:
    """How ``wsk`` is called: as the user, verifying the certificate; or as the guide does."""
    if lab.config.openwhisk.certificate == "chart":
        return f"{unverified(lab)} -i"
    here = control(lab)
    # On the master, the authority is in the system's own list.
    return unverified(lab) if here.sudo else f"SSL_CERT_FILE={here.home}/kubeyaml/tls/ca.crt wsk"


def unverified(lab: Lab) -> str:
    """How ``wsk`` is called when it only looks at its own properties."""
    return f"{control(lab).sudo}wsk" if lab.config.as_written else "wsk"


def _install(lab: Lab, machine: str) -> Iterator[Command]:
    version = lab.config.wsk.version
    architecture = "amd64" if lab.config.as_written else "$(dpkg --print-architecture)"
    archive = f"OpenWhisk_CLI-{version}-linux-{architecture}.tgz"
    yield Command(
        "mkdir -p ~/downloads && cd ~/downloads &&\n"
        # Over what an interrupted download left; wget itself would write beside it.
        f"rm -f {archive} && wget {RELEASES}/{version}/{archive} &&\n"
        f"tar -xvf {archive} &&\n"
        "sudo mv wsk /usr/local/bin/wsk",
        on=machine,
        timeout=600,
        why=N_("the archive holds one program and some text files"),
    )


def _installed(lab: Lab, machine: str) -> Check:
    version = lab.fact(
        Fact(Command("wsk property get --cliversion -o raw", on=machine), str.strip, "")
    )
    return Check((Evidence("wsk", bool(version), version or _("not found")),))


def _remove(lab: Lab, machine: str) -> Iterator[Command]:
    yield Command("sudo rm -f /usr/local/bin/wsk", on=machine)


install = Step(
    key="wsk.install",
    section="4",
    title=N_("install the wsk CLI"),
    commands=_install,
    check=_installed,
    where=on_master,
    needs=(vms.create,),
    undo=_remove,
    expect="wsk in /usr/local/bin",
)
