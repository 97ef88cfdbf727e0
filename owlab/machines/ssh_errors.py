"""What went wrong with ssh, told from its messages.

ProviderError
└── SshError: anything else
    ├── HostKeyUnknown     ├── HostKeyChanged   ├── LoginRefused   ├── HostUnreachable
    └── MachineUnsuitable: reached, and of no use (sudo, apt, systemd, architecture)
"""

from __future__ import annotations

import re

from owlab.errors import ProviderError
from owlab.machines.inventory import Host


class SshError(ProviderError):
    """ssh failed, for a reason that is not classified."""


class HostKeyUnknown(SshError):
    """The machine's key was never seen."""


class HostKeyChanged(SshError):
    """The machine's key is another one than before."""


class LoginRefused(SshError):
    """No key was accepted."""


class HostUnreachable(SshError):
    """Nobody answers."""


class MachineUnsuitable(SshError):
    """The machine cannot be part of a lab."""


TRANSPORT_FAILED = 255
"""ssh's own exit status; a remote command may end with it as well."""

_RULES: tuple[tuple[type[SshError], str, str, str], ...] = (
    (
        HostKeyChanged,
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "{name} shows another host key than before.",
        "If it was installed anew, forget the old key: ssh-keygen -R '{known}'. If not, find out "
        "why before you connect.",
    ),
    (
        HostKeyUnknown,
        r"Host key verification failed|No .* host key is known",
        "The host key of {name} is not known yet.",
        "Fetch it: ssh-keyscan{port} {host} >> ~/.ssh/known_hosts; compare its fingerprint "
        "(ssh-keygen -lf ~/.ssh/known_hosts) with what the machine's owner says. Or connect once "
        "by hand: ssh {target}",
    ),
    (
        LoginRefused,
        r"Permission denied|Too many authentication failures|no such identity",
        "{name} accepts none of your keys.",
        "Try `ssh {target} true`. Put your public key there with `ssh-copy-id {target}`, load the "
        "key into your agent with `ssh-add`, or name user and identity in the inventory. owlab "
        "never asks for passwords.",
    ),
    (
        HostUnreachable,
        r"Could not resolve|Connection (refused|timed out|closed|reset)|No route to host|Network is"
        r" unreachable|Operation timed out|Broken pipe|not responding|kex_exchange_identification",
        "{name} cannot be reached.",
        "Try `ssh {target} true`: is the machine on, the name right, a VPN or jump host needed?",
    ),
)


def classify(name: str, host: Host, stderr: str) -> SshError | None:
    """The error that ssh's message stands for; None when it is none of ssh's own."""
    said = stderr.strip()
    known = f"[{host.host}]:{host.port}" if host.port else host.host
    facts = {
        "name": name if name == host.host else f"{name} ({host.target})",
        "known": known,
        "host": host.host,
        "target": host.target,
        "port": f" -p {host.port}" if host.port else "",
    }
    for kind, pattern, brief, advice in _RULES:
        if re.search(pattern, said):
            return kind(brief.format(**facts), said, advice.format(**facts))
    return None
