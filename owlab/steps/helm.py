"""Section 3: Helm, the package manager of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from owlab.command import Command
from owlab.lab import Lab
from owlab.language import N_, _
from owlab.step import Check, Evidence, Step, on_master
from owlab.steps import vms

DOWNLOADS = "https://get.helm.sh"

# Debian's sudo does not look into /snap/bin, and a snap without its service installs nothing.
_SNAP_WORKS = (
    "sudo sh -c 'snap list > /dev/null 2>&1 && case :$PATH: in *:/snap/bin:*) ;; *) exit 1 ;; esac'"
)


def _install(lab: Lab, machine: str) -> Iterator[Command]:
    channel = "" if lab.config.as_written else f" --channel={lab.config.helm.channel}"
    snap = f"sudo snap install helm --classic{channel}"
    if lab.provider.fresh_ubuntu:
        why = N_("a classic snap may read /etc/rancher/k3s/k3s.yaml")
        yield Command(snap, on=machine, timeout=600, why=why)
        return
    yield Command(
        f"if {_SNAP_WORKS}; then\n  {snap}\nelse\n{_from_archive(lab)}\nfi",
        on=machine,
        timeout=600,
        why=N_("the snap where it works, or the same program from its archive"),
    )


def _from_archive(lab: Lab) -> str:
    settings = lab.config.helm
    archive = f"helm-{settings.version}-linux-amd64.tar.gz"
    check = f'  echo "{settings.sha256}  {archive}" | sha256sum --check &&\n'
    return (
        "  mkdir -p ~/downloads && cd ~/downloads &&\n"
        f"  curl -sSfLO {DOWNLOADS}/{archive} &&\n"
        + (check if settings.sha256 else "")
        + f"  tar -xf {archive} &&\n"
        "  sudo install linux-amd64/helm /usr/local/bin/helm"
    )


def _installed(lab: Lab, machine: str) -> Check:
    asked = lab.read(Command("helm version --short", on=machine))
    version = asked.stdout.strip()
    right = bool(asked) and version.startswith(("v3.", "v4."))
    return Check((Evidence("helm", right, version or asked.tail(1) or _("not found")),))


def _remove(lab: Lab, machine: str) -> Iterator[Command]:
    snap = "sudo snap remove helm"
    if not lab.provider.fresh_ubuntu:
        snap = f"[ ! -e /snap/bin/helm ] || {snap}; sudo rm -f /usr/local/bin/helm"
    yield Command(snap, on=machine, timeout=300)


install = Step(
    key="helm.install",
    section="3",
    title=N_("install Helm"),
    commands=_install,
    check=_installed,
    where=on_master,
    needs=(vms.create,),
    undo=_remove,
    expect="helm 4.x installed",
)
