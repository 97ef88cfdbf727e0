"""Flags of Helm that mean nothing in the pocket lab: refused by name, or of no effect anywhere."""

from __future__ import annotations

from owlab.pocket.programs.pflag import Parsed, UsageError

_UNSIGNED = "its charts are not signed"
_PLAIN = "the servers of its internet show no certificates"
REFUSED = {
    "verify": _UNSIGNED,
    "keyring": _UNSIGNED,
    "prov": _UNSIGNED,
    "ca-file": _PLAIN,
    "cert-file": _PLAIN,
    "key-file": _PLAIN,
}
HARMLESS = {
    "burst-limit": "limits how fast a client asks, which no answer shows",
    "qps": "limits how fast a client asks, which no answer shows",
    "no-update": "Helm itself ignores it",
    "plain-http": "for OCI registries, which are refused",
    "registry-config": "for OCI registries, which are refused",
    "pass-credentials": "for servers that ask for a password, of which there are none",
    "password": "for servers that ask for a password, of which there are none",
    "username": "for servers that ask for a password, of which there are none",
    "insecure-skip-tls-verify": "no server's certificate is looked at",
}
"""Read, and without effect: what they would change cannot be seen, with its reason."""


def refuse_absent(parsed: Parsed) -> None:
    """Say so where a flag that the lab does not have is on the command line.

    :raises UsageError: names the first of them.
    """
    for name in sorted(parsed.given & REFUSED.keys()):
        raise UsageError(f"--{name} is not part of the pocket lab: {REFUSED[name]}")
