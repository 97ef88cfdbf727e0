"""Sections 1.5 and 2: the NFS server on storage, and the clients on every node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from owlab.command import Command, Variable
from owlab.errors import MachineError
from owlab.fact import Fact, succeeds
from owlab.lab import Lab
from owlab.language import N_, _, listed
from owlab.step import Check, Evidence, Step, on_nodes, on_storage
from owlab.steps import vms

OPTIONS = "rw,sync,no_subtree_check,no_root_squash,no_all_squash"
"""The guide's. ``no_root_squash`` has to stay: CouchDB and Redis change owners as root."""


def _apt_install(package: str, machine: str) -> Iterator[Command]:
    yield Command(
        "sudo apt-get update",
        on=machine,
        timeout=600,
        why=N_("package lists of a new machine are old"),
    )
    yield Command(
        f"sudo DEBIAN_FRONTEND=noninteractive apt-get install -y {package}",
        on=machine,
        timeout=900,
    )


def allowed_clients(lab: Lab) -> tuple[str, tuple[Variable, ...]]:
    """The clients in ``/etc/exports``, and the variables that they use.

    The nodes by address; the guide's ``*`` would let anybody who can reach the server be root on
    the data.
    """
    if lab.config.nfs.clients == "everyone":
        return f"*({OPTIONS})", ()
    variables = tuple(lab.address_variable(node) for node in lab.nodes)
    return " ".join(f"${{{v.name}}}({OPTIONS})" for v in variables), variables


def _install_server(lab: Lab, machine: str) -> Iterator[Command]:
    path = lab.config.nfs.path
    clients, variables = allowed_clients(lab)
    yield from _apt_install("nfs-kernel-server", machine)
    yield Command(f"sudo mkdir -p {path}", on=machine, why=N_("where the cluster's data will be"))
    yield Command(f"sudo chown nobody: {path}", on=machine)
    yield Command("sudo systemctl enable nfs-server.service", on=machine)
    yield Command("sudo systemctl start nfs-server.service", on=machine)
    yield Command(
        f"sudo sed -i '\\#^{path} #d' /etc/exports &&\n"
        f'echo "{path} {clients}" | sudo tee -a /etc/exports',
        on=machine,
        variables=variables,
        why=N_("one line for the directory, however often this is run"),
    )
    yield Command("sudo exportfs -rav", on=machine, why=N_("apply /etc/exports"))


def _exports(machine: str) -> Fact[dict[str, set[str]]]:
    return Fact(Command("sudo exportfs -v", on=machine), parse_exports, {})


def parse_exports(output: str) -> dict[str, set[str]]:
    """``exportfs -v``: each directory with its clients.

    A long directory's name stands on a line of its own, with the client on the next one.
    """
    found: dict[str, set[str]] = {}
    path = ""
    for line in output.splitlines():
        words = line.split()
        if line.startswith("/"):
            path = words.pop(0)
            found.setdefault(path, set())
        if words and path:
            found[path].add(words[0].partition("(")[0].replace("<world>", "*"))
    return found


def _serves(lab: Lab, machine: str) -> Check:
    path = lab.config.nfs.path
    active = lab.fact(succeeds("systemctl is-active --quiet nfs-server.service", machine))
    service = Evidence(_("nfs-server.service"), active, _("active") if active else _("not active"))
    if not active:
        return Check((service,))
    seen = lab.fact(_exports(machine)).get(path, set())
    to = listed(sorted(seen)) or _("nobody")
    return Check(
        (
            service,
            Evidence(
                _("{path} is exported").format(path=path),
                _right(lab, seen),
                _("to {to}").format(to=to),
            ),
        )
    )


def _right(lab: Lab, seen: set[str]) -> bool:
    """Exported to the nodes and to nobody else. One that does not run has no address to miss."""
    if lab.config.nfs.clients == "everyone":
        return seen == {"*"}
    known = set()
    for node in lab.nodes:
        with suppress(MachineError):
            known.add(lab.address(node))
    return known == seen if len(known) == len(lab.nodes) else bool(known) and known <= seen


def _remove_server(lab: Lab, machine: str) -> Iterator[Command]:
    path = lab.config.nfs.path
    yield Command(
        f"[ ! -e /etc/exports ] || "
        f"{{ sudo sed -i '\\#^{path} #d' /etc/exports && sudo exportfs -ra; }}",
        on=machine,
        why=N_("the data stays; remove its directory by hand when nobody needs it"),
    )


install_server = Step(
    key="nfs.install_server",
    section="1.5",
    title=N_("set up the NFS server"),
    commands=_install_server,
    check=_serves,
    where=on_storage,
    needs=(vms.create,),
    undo=_remove_server,
    expect="exporting *:/var/nfs/kubedata",
)


def _install_client(lab: Lab, machine: str) -> Iterator[Command]:
    yield from _apt_install("nfs-common", machine)


def _client_installed(lab: Lab, machine: str) -> Check:
    status = lab.fact(
        Fact(
            Command("dpkg-query -W -f '${Status}' nfs-common", on=machine),
            str.strip,
            _("not installed"),
        )
    )
    return Check(
        (
            Evidence(
                _("nfs-common on {machine}").format(machine=machine),
                status == "install ok installed",
                status,
            ),
        )
    )


install_clients = Step(
    key="nfs.install_clients",
    section="2",
    title=N_("install the NFS client on every node"),
    commands=_install_client,
    check=_client_installed,
    where=on_nodes,
    needs=(vms.create,),
    expect="nfs-common is installed on every node of the cluster",
)
