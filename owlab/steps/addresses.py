"""The master's two addresses: the one that nodes use, and the one that everybody else uses.

In every cloud they differ: the machine knows its private address only, and the laptop reaches it by
a public one. With Multipass, and on a network of one's own, they are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from owlab.command import HOST, Variable
from owlab.lab import Lab
from owlab.steps.control import control


@dataclass(frozen=True, slots=True)
class NodeNetwork:
    """What K3s must be told of a node's address, when it would choose another one itself."""

    options: str
    variables: tuple[Variable, ...]


def public(lab: Lab) -> Variable:
    """Where this computer reaches the master."""
    private = lab.address_variable(lab.master)
    source = lab.provider.public_address_of(lab.master)
    if source is None:
        return private
    return Variable(f"{private.name.removesuffix('_IP')}_PUBLIC_IP", source)


def here(lab: Lab) -> Variable:
    """Where OpenWhisk is reached from the place at which kubectl, helm and wsk are typed."""
    return public(lab) if control(lab).machine == HOST else lab.address_variable(lab.master)


def both(lab: Lab) -> tuple[Variable, ...]:
    """The master's addresses, each once: a certificate has to carry all of them."""
    return tuple(dict.fromkeys((lab.address_variable(lab.master), public(lab))))


def network(lab: Lab, node: str) -> NodeNetwork:
    """K3s' options for a node's address.

    Unless told, K3s takes the address of the default route, which on a machine with several
    networks (Vagrant's first card, for one) is not the one by which the nodes reach each other.
    """
    options, variables = [], []
    if lab.provider.has_chosen_address(node):
        own = lab.address_variable(node)
        card = f"$(ip -o -4 address show to ${{{own.name}}} | awk '{{print $2}}')"
        options.append(f"--node-ip ${{{own.name}}} --flannel-iface {card}")
        variables.append(own)
    entry = public(lab)
    if node == lab.master and entry != lab.address_variable(node):
        options.append(f"--tls-san ${{{entry.name}}}")
        variables.append(entry)
    return NodeNetwork(" ".join(options), tuple(variables))
