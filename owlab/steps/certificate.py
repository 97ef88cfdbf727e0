"""A certificate authority of the lab's own, so that ``wsk`` and ``curl`` verify (section 6.4).

The chart's certificate is made with a private key that is published with the chart: anybody can
pretend to be such an installation, so the guide has to skip verification with ``-i`` and ``-k``.
"""

from __future__ import annotations

from collections.abc import Iterator

from owlab.command import Command, Variable
from owlab.lab import Lab

_AUTHORITY = """\
mkdir -p ~/kubeyaml/tls && cd ~/kubeyaml/tls &&
{ [ -f ca.crt ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 \\
    -subj "/CN=owlab CA" -keyout ca.key -out ca.crt; } &&
chmod 600 ca.key"""

_SERVER = """\
cd ~/kubeyaml/tls &&
openssl req -x509 -newkey rsa:2048 -nodes -days 825 -subj "/CN=OpenWhisk" \\
    -addext "subjectAltName=IP:${ADDRESS}" -addext "basicConstraints=CA:FALSE" \\
    -CA ca.crt -CAkey ca.key -keyout tls.key -out tls.crt &&
chmod 600 tls.key"""


def install(lab: Lab, machine: str) -> Iterator[Command]:
    """Make the authority and a certificate for the master's address, and let the chart use it."""
    namespace, release = lab.config.openwhisk.namespace, lab.config.openwhisk.release
    master = lab.address_variable(lab.master)
    apply = "--dry-run=client -o yaml | sudo kubectl apply -f -"
    yield Command(_AUTHORITY, on=machine, why="a certificate authority of this lab's own")
    yield Command(
        _SERVER.replace("${ADDRESS}", f"${{{master.name}}}"),
        on=machine,
        variables=(master,),
        why="a certificate for the address that clients use",
    )
    yield Command(
        "sudo cp ~/kubeyaml/tls/ca.crt /usr/local/share/ca-certificates/owlab.crt &&\n"
        "sudo update-ca-certificates",
        on=machine,
        why="wsk and curl on the master verify with it",
    )
    yield Command(f"sudo kubectl create namespace {namespace} {apply}", on=machine)
    yield Command(
        f"sudo kubectl -n {namespace} create secret tls {release}-nginx "
        f"--cert=$HOME/kubeyaml/tls/tls.crt --key=$HOME/kubeyaml/tls/tls.key {apply}",
        on=machine,
        why="the chart uses this secret when it exists, and makes its own otherwise",
    )


def authority(lab: Lab) -> Variable:
    """The authority's certificate, for clients on the laptop. It is public."""
    return Variable("OPENWHISK_CA", Command("cat ~/kubeyaml/tls/ca.crt", on=lab.master))


def curl(lab: Lab) -> tuple[str, tuple[Variable, ...]]:
    """How the laptop's ``curl`` is called, and the variables that it needs.

    With ``OPENWHISK_CA``, the authority's certificate goes in on standard input.
    """
    if lab.config.openwhisk.certificate == "chart":
        return "curl -k", ()
    return "curl --cacert /dev/stdin", (authority(lab),)
