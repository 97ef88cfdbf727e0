"""What the user's own tools need: a kubeconfig and wsk's properties."""

from __future__ import annotations

import re

import yaml

from owlab.command import Command
from owlab.errors import MachineError
from owlab.lab import Lab, describe
from owlab.language import _
from owlab.steps import addresses
from owlab.steps.control import KUBECONFIG, control


def kubeconfig(lab: Lab) -> str:
    """A kubeconfig that works on the laptop. It holds credentials: keep it to yourself.

    K3s writes 127.0.0.1 into its own, which is right on the master only.
    :raises MachineError: there is no cluster yet.
    """
    if not lab.provider.has_machines:
        return _read(lab, 'cat "$KUBECONFIG"', _("The kubeconfig cannot be read."), "owlab doctor")
    text = _read(lab, f"sudo cat {KUBECONFIG}", _("There is no cluster yet."), "owlab up --to 1.3")
    config = yaml.safe_load(text)
    address = lab.value(addresses.public(lab))
    for cluster in config["clusters"]:
        cluster["cluster"]["server"] = f"https://{address}:6443"
        cluster["name"] = lab.config.name
    for context in config["contexts"]:
        context["name"] = lab.config.name
        context["context"]["cluster"] = lab.config.name
    config["current-context"] = lab.config.name
    return yaml.safe_dump(config, sort_keys=False)


def wskprops(lab: Lab) -> str:
    """The content of a ``.wskprops`` file: apihost and key, as section 6.3 sets them.

    :raises MachineError: wsk is not configured yet.
    """
    here = control(lab)
    as_root = lab.config.as_written and here.sudo
    read = "sudo cat /root/.wskprops" if as_root else f"cat {here.home}/.wskprops"
    text = _read(lab, read, _("wsk is not configured yet."), "owlab up --to 6.3")
    apihost = f"APIHOST={lab.value(addresses.public(lab))}:{lab.config.openwhisk.port}"
    return re.sub(r"(?m)^APIHOST=.*$", apihost, text)


def _read(lab: Lab, text: str, brief: str, remedy: str) -> str:
    reading = Command(text, on=control(lab).machine)
    lab.provider.prepare(lab.config)
    if lab.machine_info(lab.master) is None:
        raise MachineError(brief=brief, resolution=_("Run {remedy} first.").format(remedy=remedy))
    # Not through Lab.run: what is read here must not reach a listener.
    result = lab.read(reading)
    if not result:
        raise MachineError(
            brief=brief,
            details=describe(result),
            resolution=_("Run {remedy} first.").format(remedy=remedy),
        )
    return result.stdout
