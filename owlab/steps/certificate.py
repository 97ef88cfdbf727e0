"""A certificate authority of the lab's own, so that ``wsk`` and ``curl`` verify (section 6.4).

The chart's certificate is made with a private key that is published with the chart: anybody can
pretend to be such an installation, so the guide has to skip verification with ``-i`` and ``-k``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from owlab.command import Command, Variable
from owlab.lab import Lab
from owlab.language import N_
from owlab.steps import addresses
from owlab.steps.control import control
from owlab.steps.undoing import if_succeeds

_AUTHORITY = """\
mkdir -p DIRECTORY && cd DIRECTORY &&
{ [ -f ca.crt ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
    -days 3650 -subj "/CN=owlab CA" -keyout ca.key -out ca.crt; } &&
chmod 600 ca.key"""

_SERVER = """\
cd DIRECTORY &&
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
    -days 825 -subj "/CN=OpenWhisk" \\
    -addext "subjectAltName=NAMES" -addext "basicConstraints=CA:FALSE" \\
    -CA ca.crt -CAkey ca.key -keyout tls.key -out tls.crt &&
chmod 600 tls.key"""


def _directory(lab: Lab) -> str:
    return f"{control(lab).home}/kubeyaml/tls"


def install(lab: Lab, machine: str) -> Iterator[Command]:
    """Make the authority and a certificate for the master's addresses; let the chart use it."""
    namespace, release = lab.config.openwhisk.namespace, lab.config.openwhisk.release
    here, names = control(lab), addresses.both(lab)
    apply = f"--dry-run=client -o yaml | {here.kubectl} apply -f -"
    yield Command(
        _AUTHORITY.replace("DIRECTORY", _directory(lab)),
        on=machine,
        why=N_("a certificate authority of this lab's own"),
    )
    yield Command(
        _SERVER.replace("DIRECTORY", _directory(lab)).replace(
            "NAMES", ",".join(f"{_kind(lab, name)}:${{{name.name}}}" for name in names)
        ),
        on=machine,
        variables=names,
        why=N_("a certificate for the addresses that clients use"),
    )
    if here.sudo:
        # The laptop's own list is left alone: wsk is told of the file there.
        yield Command(
            f"sudo cp {_directory(lab)}/ca.crt /usr/local/share/ca-certificates/owlab.crt &&\n"
            "sudo update-ca-certificates",
            on=machine,
            why=N_("wsk and curl on the master verify with it"),
        )
    yield Command(f"{here.kubectl} create namespace {namespace} {apply}", on=machine)
    yield Command(
        f"cd {_directory(lab)} && {here.kubectl} -n {namespace} create secret tls {release}-nginx "
        f"--cert=tls.crt --key=tls.key {apply}",
        on=machine,
        why=N_("the chart uses this secret when it exists, and makes its own otherwise"),
    )

    yield Command(
        if_succeeds(
            f"{here.kubectl} -n {namespace} get deployment {release}-nginx",
            f"{here.kubectl} -n {namespace} rollout restart deployment {release}-nginx",
        ),
        on=machine,
        why=N_("a server that runs already reads its certificate when it starts"),
    )


def verification(lab: Lab) -> str:
    """The options of ``curl`` where OpenWhisk is controlled."""
    if lab.config.openwhisk.certificate == "chart":
        return "-k"
    return f"--cacert {_directory(lab)}/ca.crt"


def _kind(lab: Lab, address: Variable) -> str:
    """An address that somebody wrote down may be a host's name; one that is read is a number."""
    said = address.source.text.removeprefix("printf %s ")
    return "DNS" if said != address.source.text and not re.fullmatch(r"[0-9.]*", said) else "IP"


def authority(lab: Lab) -> Variable:
    """The authority's certificate, for clients on the laptop. It is public."""
    reading = Command(f"cat {_directory(lab)}/ca.crt", on=control(lab).machine)
    return Variable("OPENWHISK_CA", reading)


def curl(lab: Lab) -> tuple[str, tuple[Variable, ...]]:
    """How the laptop's ``curl`` is called, and the variables that it needs.

    With ``OPENWHISK_CA``, the authority's certificate goes in on standard input.
    """
    if lab.config.openwhisk.certificate == "chart":
        return "curl -k", ()
    return "curl --cacert /dev/stdin", (authority(lab),)
