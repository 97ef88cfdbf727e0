"""Section 4: wsk, the command line of OpenWhisk."""

from __future__ import annotations

from collections.abc import Iterator

from owlab.command import Command
from owlab.fact import Fact
from owlab.lab import Lab
from owlab.step import Check, Evidence, Step, on_master

RELEASES = "https://github.com/apache/openwhisk-cli/releases/download"


def program(lab: Lab) -> str:
    """How ``wsk`` is called: as the user, verifying the certificate; or as the guide does."""
    if lab.config.as_written:
        return "sudo wsk -i"
    return "wsk" if lab.config.openwhisk.certificate == "own-ca" else "wsk -i"


def _install(lab: Lab, machine: str) -> Iterator[Command]:
    version = lab.config.wsk.version
    architecture = "amd64" if lab.config.as_written else "$(dpkg --print-architecture)"
    archive = f"OpenWhisk_CLI-{version}-linux-{architecture}.tgz"
    yield Command(
        "mkdir -p ~/downloads && cd ~/downloads &&\n"
        f"wget {RELEASES}/{version}/{archive} &&\n"
        f"tar -xvf {archive} &&\n"
        "sudo mv wsk /usr/local/bin/wsk",
        on=machine,
        timeout=600,
        why="the archive holds one program and some text files",
    )


def _installed(lab: Lab, machine: str) -> Check:
    version = lab.fact(
        Fact(Command("wsk property get --cliversion -o raw", on=machine), str.strip, "")
    )
    return Check((Evidence("wsk", bool(version), version or "not found"),))


def _remove(lab: Lab, machine: str) -> Iterator[Command]:
    yield Command("sudo rm -f /usr/local/bin/wsk", on=machine)


install = Step(
    key="wsk.install",
    section="4",
    title="install the wsk CLI",
    commands=_install,
    check=_installed,
    where=on_master,
    needs=("vms.create",),
    undo=_remove,
    expect="wsk in /usr/local/bin",
)
